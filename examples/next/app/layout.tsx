import type { ReactNode } from "react";

export const metadata = { title: "Search in Next" };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}

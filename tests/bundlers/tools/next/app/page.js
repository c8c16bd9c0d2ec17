"use client";

import { Client } from "pagevec";
import { useEffect } from "react";
import { publish } from "../work.js";

export default function Page() {
  useEffect(() => publish(Client), []);
  return <p>The default entry</p>;
}

"use client";

import { Client } from "pagevec/inline";
import { useEffect } from "react";
import { publish } from "../../work.js";

export default function Page() {
  useEffect(() => publish(Client), []);
  return <p>pagevec/inline</p>;
}

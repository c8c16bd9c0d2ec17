import { Client } from "pagevec";
import { publish } from "./work.js";

publish(Client);

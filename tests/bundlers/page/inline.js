import { Client } from "pagevec/inline";
import { publish } from "./work.js";

publish(Client);

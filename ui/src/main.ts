import { mount } from "svelte";
import "./styles.css";
import Desk from "./views/Desk.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("index.html has no #app");

mount(Desk, { target });

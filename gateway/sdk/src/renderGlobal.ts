import type {} from "./global";
import { render } from "./render/render";

window.DAP!.render = render;

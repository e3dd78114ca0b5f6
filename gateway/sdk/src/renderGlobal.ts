import type { Page } from "./global";
import { render } from "./render/render";

(window as Page).DAP!.render = render;

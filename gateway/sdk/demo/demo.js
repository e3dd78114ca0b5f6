// A small made-up product that keeps everything in this browser, and what it tells the SDK.

const read = () => JSON.parse(localStorage.getItem("sprig") ?? '{"beds": []}');
const write = (change) => localStorage.setItem("sprig", JSON.stringify({ ...read(), ...change }));
const find = (selector) => document.querySelector(selector);
const page = location.pathname.split("/").pop() || "index.html";
const { user } = read();

if (!user && /^(beds|calendar|upgrade)/.test(page)) location.replace("signup.html");

// Written by ./deploy/local/up; elsewhere there is none.
const config = await fetch("config.json")
  .then((answer) => (answer.ok ? answer.json() : {}))
  .catch(() => ({}));
if (config.tenantKey) {
  DAP("init", { tenantKey: config.tenantKey, debug: true });
  if (user) DAP("identify", { userId: user.id, traits: { name: user.name, place: user.place, plan: user.plan } });
}
const track = (name, properties) => (config.tenantKey ? DAP("track", name, properties) : Promise.resolve());

// What people do here.

find("#sign-up")?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, place } = Object.fromEntries(new FormData(event.target));
  const id = `${name
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\d]+/gu, "-")}-${Math.random().toString(36).slice(2, 6)}`;
  write({ user: { id, name, place, plan: "free" } });
  if (config.tenantKey) DAP("identify", { userId: id, traits: { name, place, plan: "free" } });
  await track("garden_created", { place });
  location.assign("beds.html");
});

find("#add-bed")?.addEventListener("click", (event) => {
  find("#new-bed").hidden = !find("#new-bed").hidden;
  event.target.setAttribute("aria-expanded", !find("#new-bed").hidden);
  find("#new-bed input").focus();
});

find("#new-bed")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const bed = Object.fromEntries(new FormData(event.target));
  write({ beds: [...read().beds, bed] });
  event.target.reset();
  event.target.hidden = true;
  find("#add-bed").setAttribute("aria-expanded", "false");
  showBeds();
  track("bed_added", { crop: bed.crop });
});

find("#upgrade")?.addEventListener("click", () => {
  const pro = { ...read().user, plan: "pro" };
  write({ user: pro });
  showPlan();
  if (config.tenantKey) DAP("identify", { userId: pro.id, traits: { plan: "pro" } });
  track("upgraded", { plan: "pro" });
});

find("#frost")?.addEventListener("click", () => track("frost_warnings_opened"));
find("#sign-out")?.addEventListener("click", () => leave("./"));
if (page === "calendar.html") track("calendar_opened");

async function leave(to) {
  localStorage.removeItem("sprig");
  if (config.tenantKey) await DAP("reset");
  location.assign(to);
}

function element(tag, text, ...children) {
  const made = document.createElement(tag);
  made.append(text, ...children);
  return made;
}

function rows() {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  picture.setAttribute("viewBox", "0 0 240 74");
  for (const [index, y] of [18, 34, 50].entries()) {
    const row = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({
      x: 16,
      y,
      width: 208 - index * 30,
      height: 7,
      rx: 3.5,
      fill: ["#4c9a6f", "#7fb894", "#a9cdb5"][index],
    }))
      row.setAttribute(name, value);
    picture.append(row);
  }
  return picture;
}

function showBeds() {
  if (!find("#beds")) return;
  const all = read().beds;
  find("#beds").replaceChildren(
    ...all.map((bed) => element("li", "", rows(), element("h2", bed.name), element("p", bed.crop))),
  );
  find("#no-beds").hidden = all.length > 0;
}

function showPlan() {
  if (!find("#is-pro")) return;
  find("#is-pro").hidden = read().user?.plan !== "pro";
}

showBeds();
showPlan();
if (user && find("#enter")) Object.assign(find("#enter"), { href: "beds.html", textContent: "My beds" });

// Behind the scenes: the band at the top, which a real product would not have.

const path = [
  ["welcome", "Welcome"],
  ["first", "First bed"],
  ["tasks", "Tasks"],
  ["rest", "Short wait"],
  ["frost", "Hint"],
  ["ask", "Survey"],
  ["offer", "Offer"],
  ["hold", "Upgrade"],
  ["thanks", "Thanks"],
  ["won", "Pro gardener"],
];
const chips = path.map(([, name]) => element("li", name));
const list = element("ol", "", ...chips);
list.setAttribute("aria-label", "Steps of the journey");
const now = element("span", "");
now.className = "now";
now.setAttribute("role", "status");
const again = element("button", "Start over");
again.addEventListener("click", () => leave("./"));
const band = element("aside", "", element("strong", "Behind the scenes"), list, now, again);
band.id = "behind";
band.setAttribute("aria-label", "Behind the scenes");
document.body.prepend(band);

const say = (text) => (now.textContent = text);
const waits = {
  welcome: "shows a welcome",
  first: "shows where to begin",
  tasks: "shows a task list",
  frost: "shows a hint on the calendar’s link",
  ask: "asks a question",
  offer: "shows an offer",
  hold: "waits for the upgrade, up to a week",
  thanks: "says thank you",
};

if (!config.tenantKey) {
  list.hidden = again.hidden = true;
  say("No journey runs here: start this site with ./deploy/local/up, which gives it a key.");
} else {
  say(user ? "looking up where you are" : "nobody here yet: sign up, and a journey begins");
  DAP("on", "position", ({ journeyId, enrollment }) => {
    if (journeyId !== config.journeyId) return;
    const at = path.findIndex(([node]) => node === enrollment.currentNodeId);
    chips.forEach((chip, index) => {
      chip.className = index < at || (index === at && enrollment.status !== "ACTIVE") ? "past" : "";
      if (index === at && enrollment.status === "ACTIVE") chip.setAttribute("aria-current", "step");
      else chip.removeAttribute("aria-current");
    });
    if (enrollment.status !== "ACTIVE")
      say(`the journey ended: ${enrollment.outcome || enrollment.status.toLowerCase()}`);
    else if (enrollment.currentNodeId === "rest")
      say(`waits until ${new Date(enrollment.wakeTime).toLocaleTimeString()} (in real life: two days)`);
    else say(`the journey ${waits[enrollment.currentNodeId] ?? `is at ${enrollment.currentNodeId}`}`);
  });
}

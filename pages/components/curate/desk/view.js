/* The DOM of the desk. Text is only ever set as textContent, never as HTML. */

const REASONS = ["wrong answer", "bad question", "not in the image", "unclear image", "duplicate"];
const RESULTS = { confirm: "Confirmed", reject: "Rejected", skip: "Skipped", edit: "Changed", rate: "Rated", tag: "Tagged", regenerate: "Asked again", twin: "Twin added", second: "Second review", flag: "Flagged", unflag: "Flag removed", message: "Sent back", answer: "Answered", close: "Message closed" };

const valueText = (name, value) => (name === "boxes" ? (value ?? []).map(boxText).join("; ") || "none" : value === "" ? "nothing" : value);

/* How a person is called; of somebody on this machine who gave no name, "Local user". */
const personName = (name) => (name === "local" ? "Local user" : name);

/* Days and times as on the pages, see pages/components/shared/moment.py. */
const shownDay = (at) => new Date(at).toLocaleDateString(undefined, { dateStyle: "medium" });
const shownTime = (at) => new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

/* Who did something, at the end of a clause. */
const madeBy = (name) => `by ${name === "local" ? "the local user" : name}`;

const plural = (n, one, many) => `${n.toLocaleString()} ${n === 1 ? one : many}`;

function labels(answer) {
  try {
    const value = JSON.parse(answer);
    return Array.isArray(value) ? value.map(String) : null;
  } catch { return null; }
}

/* The labels that the digit keys choose; null where digits rate. */
const choices = (item) => item.answer_type === "label" && Array.isArray(item.options) && item.options.length ? item.options : null;

function answerNode(item) {
  const list = item.answer_type === "label" && labels(item.answer);
  const offered = list && choices(item);
  if (offered)
    return h("div", { cls: "chips" }, ...[...new Set([...offered, ...list])].map((label, index) =>
      doing("label", String(index + 1), list.includes(label) ? "chip on" : "chip", label, index < 9 && index < offered.length ? h("kbd", {}, String(index + 1)) : "")));
  if (list) return h("div", { cls: "chips" }, ...list.map((label) => h("span", { cls: "chip" }, label)));
  if (item.answer_type !== "custom_format") return h("div", { cls: "answer" }, item.answer || h("i", {}, "No answer"));
  let text = item.answer;
  try { text = JSON.stringify(JSON.parse(text), null, 2); } catch { /* invalid JSON is shown unchanged */ }
  return h("pre", { cls: "answer code" }, text);
}

/* Word diff by the longest common subsequence (LCS). */
function difference(before, after) {
  const [a, b] = [before.split(/(\s+)/), after.split(/(\s+)/)];
  if (a.length * b.length > 250000) return [h("del", {}, before), " ", h("ins", {}, after)];
  const lcs = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      lcs[i][j] = a[i] === b[j] ? lcs[i + 1][j + 1] + 1 : Math.max(lcs[i + 1][j], lcs[i][j + 1]);
  const nodes = [];
  let [removed, added] = ["", ""];
  const flush = () => {
    if (removed) nodes.push(h("del", {}, removed), " ");
    if (added) nodes.push(h("ins", {}, added), " ");
    [removed, added] = ["", ""];
  };
  for (let i = 0, j = 0; i < a.length || j < b.length; )
    if (i < a.length && j < b.length && a[i] === b[j]) {
      // A space between two changed words joins the change: alternating deletions and insertions are hard to read.
      if ((removed || added) && !a[i].trim()) removed += a[i], added += b[j];
      else flush(), nodes.push(a[i]);
      i++, j++;
    } else if (j >= b.length || (i < a.length && lcs[i + 1][j] >= lcs[i][j + 1])) removed += a[i++];
    else added += b[j++];
  flush();
  return nodes;
}

function changesNode(item) {
  const text = (value) => (item.answer_type === "label" && labels(value)?.join(", ")) || value;
  const rows = [["generated_question", "question", "Question"], ["generated_answer", "answer", "Answer"]]
    .filter(([old, now]) => item[old] !== null && item[old] !== undefined && item[old] !== item[now])
    .map(([old, now, name]) => h("div", {}, h("span", { cls: "quiet" }, `${name}: `), ...difference(text(item[old]), text(item[now]))));
  return rows.length ? h("div", { cls: "diff" }, h("div", { cls: "caption" }, "Changed since it was generated"), ...rows) : null;
}

function starsNode(item, rate) {
  const stars = h("button", { cls: "stars", title: choices(item) ? "Stars (R, then 1 to 5)" : "Stars (1 to 5)" }, "★★★★★");
  stars.style.setProperty("--filled", `${item.score * 20}%`);
  stars.setAttribute("aria-label", item.score ? `${item.score} of 5 stars` : "No stars yet");
  stars.onclick = (event) => {
    if (!event.detail) return; // a key press has no position; the digit keys rate instead
    const box = stars.getBoundingClientRect();
    rate(Math.max(0.5, Math.ceil(((event.clientX - box.left) / box.width) * 10) / 2));
  };
  return stars;
}

const author = (entry) => entry.model || (entry.origin === "imported" ? "imported" : "by a person");

/* What was said before this turn of a conversation. */
function turnsNode(item) {
  if (!item.turns?.length && !item.system) return null;
  const turns = (item.turns ?? []).flatMap((turn) => [h("div", { cls: "asked" }, turn.question), h("div", {}, labels(turn.answer)?.join(", ") ?? turn.answer)]);
  const system = item.system ? [h("div", { cls: "caption" }, "System prompt"), h("div", {}, item.system)] : [];
  const caption = turns.length ? [h("div", { cls: "caption" }, plural(item.turns.length, "earlier turn", "earlier turns"))] : [];
  return h("div", { cls: "turns" }, ...system, ...caption, ...turns);
}

function othersNode(item, isSecond) {
  if (!item.others?.length) return [];
  const row = (other, prefix) =>
    h("li", { cls: isSecond ? "" : other.state },
      h("span", { cls: "mark", title: isSecond ? "" : other.state }, isSecond ? "·" : { confirmed: "✓", rejected: "✕" }[other.state] ?? "·"),
      h("span", {}, `${prefix} `, h("b", {}, labels(other.answer)?.join(", ") ?? other.answer)));
  const list = (others, caption, prefix) => others.length
    ? [h("div", { cls: "caption" }, caption(others.length)), h("ul", {}, ...others.map((other) => row(other, prefix(other))))] : [];
  // Other answers to the same question come first, so that different answers are next to each other.
  const same = item.others.filter((other) => other.question === item.question);
  return [
    ...list(same, () => "The same question", (other) => `${author(other)}:`),
    ...list(item.others.filter((other) => !same.includes(other)), (n) => `${plural(n, "other entry", "other entries")} of this image`, (other) => other.question),
  ];
}

/* What a tool found that speaks against the answer; V shows where. */
function againstNodes({ against }) {
  return against ? [h("div", {}, h("b", {}, "A tool contradicts this: "), against.says)] : [];
}

function noticeNodes(item) {
  const { problem } = item;
  if (item.asking) return [h("b", {}, "Asking again: "), `${item.asking} is answering. You can continue meanwhile.`];
  if (item.againError) return [h("b", {}, "Not asked again. "), item.againError];
  if (!problem) return [...(item.needs_review ? [h("div", {}, h("b", {}, "Check this: "), item.needs_review)] : []), ...againstNodes(item)];
  const changes = { ...problem.mine.changes };
  const attempted = [RESULTS[problem.mine.decision] ?? "Undone", ...Object.entries(changes).map(([name, value]) => `${name}: ${valueText(name, value)}`)].join(" · ");
  return [
    h("b", {}, problem.conflict ? "This entry was changed in the meantime. " : "This was not saved. "), problem.conflict ? "" : problem.detail,
    h("div", {}, h("span", { cls: "quiet" }, "Yours: "), attempted),
    problem.conflict ? h("div", {}, h("span", { cls: "quiet" }, "Now: "), `${item.state}, as shown here. Decide again, or go to the next entry to keep it.`) : "",
  ];
}

const doing = (name, value, cls, ...kids) => {
  const button = h("button", { cls }, ...kids);
  Object.assign(button.dataset, { do: name }, value === undefined ? {} : { value });
  return button;
};

/* What tools found that proves the answer: each label with the best score of its boxes, and the tool. */
function evidenceOf(item) {
  const best = new Map();
  for (const { label, score, tool } of item.boxes ?? []) {
    const name = label.length > 40 ? `${label.slice(0, 39)}…` : label;
    if (tool && !(best.get(name)?.score >= score)) best.set(name, { score, tool });
  }
  const shown = [...best].slice(0, 3).map(([label, { score, tool }]) => `${label} ${score?.toFixed(2) ?? ""} by ${tool}`);
  return shown.length ? [`evidence: ${shown.join(", ")}${best.size > 3 ? ` and ${best.size - 3} more` : ""}`] : [];
}

function factNodes(item, isSecond) {
  // A second reviewer must not see the first decision.
  if (isSecond) return [h("span", { cls: "state" }, "Second review"), h("span", {}, item.image_name)];
  const words = [item.kind, item.language, author(item), (item.images?.length ?? 1) > 1 ? plural(item.images.length, "image", "images") : item.image_name,
    item.boxes?.length && plural(item.boxes.length, "box", "boxes"), ...evidenceOf(item)].filter(Boolean);
  const state = item.state === "open" ? null : h("span", { cls: `state ${item.state}` }, `${item.state === "confirmed" ? "✓" : "✕"} ${item.state}`);
  return [state, h("span", {}, words.join(" · ")), doing("history", undefined, "link", "History")].filter(Boolean);
}

function historyNodes(events) {
  const shown = (values) => Object.entries(values).map(([name, value]) => `${name.replace("_", " ")}: ${valueText(name, value)}`).join(", ");
  const rows = events.filter(({ action }) => action !== "create").reverse().map((event) =>
    h("li", { cls: event.undone ? "undone" : "" },
      h("b", {}, `${event.action} ${madeBy(event.actor)}`), h("span", { cls: "quiet" }, ` ${shownTime(event.at)}`),
      shown(event.new) && h("div", {}, h("del", {}, shown(event.old)), " ", h("ins", {}, shown(event.new)))));
  return [h("b", {}, "History"), rows.length ? h("ul", { cls: "history" }, ...rows) : h("p", { cls: "quiet" }, "This entry has not been changed.")];
}

function markNodes(item, rate) {
  return [
    starsNode(item, rate),
    item.flagged ? h("span", { cls: "chip on" }, "⚑ flagged") : null,
    ...(item.tags ? item.tags.split(",") : []).map((tag) => h("span", { cls: "chip" }, tag)),
    item.note ? h("span", { cls: "note" }, item.note) : null,
  ].filter(Boolean);
}

/* The last decision with Undo. A rejection gets its reason afterwards, so that rejecting stays one key. */
function lastNodes({ act, item }) {
  const nodes = [h("span", { cls: "said" }, h("b", {}, `${act.changes.boxes ? "Boxes changed" : RESULTS[act.decision]}${act.decision === "second" ? `: ${act.changes.verdict}` : ""}`), " ", item.question), doing("undo", undefined, "link", "Undo", keyMap.hint("undo"))];
  if (act.decision !== "reject") return nodes;
  const reasons = REASONS.map((reason, index) => doing("reason", reason, item.reject_reason === reason ? "chip on" : "chip", reason, h("kbd", {}, `⇧${index + 1}`)));
  return [...nodes, h("div", { cls: "chips small" }, ...reasons)];
}

const quoted = (field, name) => `${field}:${/[\s"\\]/.test(name) ? `"${name.replace(/(["\\])/g, "\\$1")}"` : name}`;

function endingNodes(queue) {
  if (queue.loadError) return [h("h2", {}, "The queue could not be loaded"), h("p", {}, queue.loadError)];
  if (queue.isLoading) return [h("p", { cls: "quiet" }, "Loading the next entries")];
  const { tally: { confirm, reject, second, skip, edited, answer, close }, passed } = queue;
  const held = queue.held ? `${plural(queue.held, "entry is", "entries are")} being reviewed by others. What they leave open appears here.` : "";
  const done = [[confirm, "confirmed"], [reject, "rejected"], [second, "reviewed a second time"], [edited, "edited"], [skip, "skipped"], [answer + close, "answered or closed"]].filter(([n]) => n).map(([n, word]) => `${n} ${word}`);
  const minutes = Math.max(1, Math.round((Date.now() - queue.tally.since) / 60000));
  const next = [["", "All open entries"], ["tools:contradicts", "Contradicted by tools"], ["doubtful:yes", "Doubtful entries"], [quoted("skipped", queue.data.actor), "Entries you skipped"],
    ...(queue.sent_back ? [[quoted("sent", queue.data.actor), "Sent back to you"]] : []),
    ...(queue.data.offers_second ? [[quoted("second", queue.data.actor), "Second reviews"]] : []),
    ...[["table", "Table"], ["export", "Export"]].filter(([to]) => queue.data.leads_to.includes(to))];
  const card = endingCard(queue);
  const title = passed.length ? `${plural(passed.length, "entry was", "entries were")} passed without a decision` : done.length ? "This queue is done" : "No entries to review here";
  return [
    h("h2", {}, title),
    h("p", {}, done.length ? `${done.join(", ")} in ${plural(minutes, "minute", "minutes")}.` : held || passed.length ? "" : "Choose another filter, or continue with one of these."),
    held && h("p", {}, held),
    card,
    h("div", { cls: "chips" }, passed.length ? doing("passed", undefined, "chip on", "Go back to them") : "", ...next.filter(([to]) => to !== queue.data.q).map(([to, label]) => doing("go", to, "chip", label))),
  ];
}

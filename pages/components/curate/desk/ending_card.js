/* What the end of a queue says: how many were decided and how fast, what an export will hold, and how it is loaded. */

/* The rate of this visit, from its first decision to the last one. */
function paceOf({ tally: { confirm, reject, skip, second, first, last } }) {
  const decided = confirm + reject + skip + second;
  return decided < MIN_FOR_PACE || !last ? "" : `${Math.round((decided * 60000) / Math.max(MIN_SPAN_MS, last - first))} per minute`;
}

function wrongNodes({ total, caught, missed }) {
  const rows = missed.map(([question, answer]) => h("li", {}, question, " ", h("b", {}, answer)));
  return [h("dt", {}, "Wrong on purpose"), h("dd", {}, h("b", {}, `${caught} of ${total} caught`),
    ...(rows.length ? [h("div", { cls: "quiet" }, "Confirmed all the same, with the right answer in bold:"), h("ul", {}, ...rows)] : []))];
}

function copyButton(text) {
  const button = h("button", { onclick: async () => {
    await navigator.clipboard.writeText(text).catch(() => {});
    button.textContent = "Copied";
  } }, "Copy");
  return button;
}

/* A sentence of the card each; null until the server has said what an export will hold. */
function endingCard(queue) {
  const { ending } = queue;
  if (!ending) return null;
  const pace = paceOf(queue);
  return h("div", { cls: "result" }, h("dl", {},
    ...(pace ? [h("dt", {}, "Pace"), h("dd", {}, h("b", {}, pace))] : []),
    ...(ending.wrong ? wrongNodes(ending.wrong) : []),
    h("dt", {}, "An export will hold"), h("dd", {}, h("b", {}, plural(ending.entries, "confirmed entry", "confirmed entries"))),
    ...(ending.entries && queue.data.leads_to.includes("export") ? [h("dt", {}, "Load it with"), h("dd", {}, h("pre", {}, ending.load), copyButton(ending.load), h("span", { cls: "quiet" }, ` when exported as ${ending.format} and unpacked into that directory`))] : [])));
}

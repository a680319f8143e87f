/* Tabs: a click opens one; arrows, Home and End move among them, as in every list of tabs. */

const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };

export default function ({ data, parentElement, setTriggerValue }) {
  let list = parentElement.querySelector("[role=tablist]");
  if (!list) {
    list = document.createElement("div");
    list.setAttribute("role", "tablist");
    parentElement.append(list);
  }
  const { names, open } = data;
  if (names.join("\n") !== list.dataset.names) {
    list.dataset.names = names.join("\n");
    list.replaceChildren(...names.map((name) => {
      const tab = document.createElement("button");
      tab.type = "button";
      tab.textContent = tab.dataset.name = name;
      tab.setAttribute("role", "tab");
      return tab;
    }));
  }
  const tabs = [...list.children];
  const mark = (name) => tabs.forEach((tab) => {
    tab.ariaSelected = tab.textContent === name;
    tab.tabIndex = tab.textContent === name ? 0 : -1;
  });
  const choose = (tab) => {
    mark(tab.textContent);
    tab.focus();
    setTriggerValue("chosen", tab.textContent);
  };
  mark(open);
  tabs.forEach((tab, place) => {
    tab.onclick = () => choose(tab);
    tab.onkeydown = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const ends = { Home: 0, End: tabs.length - 1 };
      const to = ends[event.key] ?? (STEPS[event.key] && (place + STEPS[event.key] + tabs.length) % tabs.length);
      if (to === undefined) return;
      event.preventDefault();
      choose(tabs[to]);
    };
  });
}

/* Tabs: a click opens one; arrows, Home and End move among them, as in every list of tabs. */

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
  walkByArrows(tabs, choose);
}

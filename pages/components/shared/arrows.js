/* One of a group is reached by Tab, the others from it by arrows, Home and End, which go round and choose. */
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };

function walkByArrows(items, choose) {
  items.forEach((item, place) => {
    item.onclick = () => choose(item);
    item.onkeydown = (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const ends = { Home: 0, End: items.length - 1 };
      const to = ends[event.key] ?? (STEPS[event.key] && (place + STEPS[event.key] + items.length) % items.length);
      if (to === undefined) return;
      event.preventDefault();
      choose(items[to]);
    };
  });
}


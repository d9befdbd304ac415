// Suggests passwords beside fields that set one; without this they are thought up.
"use strict";

(() => {
  const KINDS = ["abcdefghijkmnopqrstuvwxyz", "ABCDEFGHJKLMNPQRSTUVWXYZ", "23456789", "-_.:!?+*="];
  const LENGTH = 20;

  // Evenly: numbers that would favour the first signs are thrown away.
  const below = (limit) => {
    const most = Math.floor(2 ** 32 / limit) * limit;
    const drawn = new Uint32Array(1);
    do crypto.getRandomValues(drawn); while (drawn[0] >= most);
    return drawn[0] % limit;
  };
  const pick = (signs) => signs[below(signs.length)];
  const suggested = () => {
    const signs = [...KINDS.map(pick), ...Array.from({ length: LENGTH - KINDS.length }, () => pick(KINDS.join("")))];
    for (let place = signs.length - 1; place > 0; place -= 1) {
      const other = below(place + 1);
      [signs[place], signs[other]] = [signs[other], signs[place]];
    }
    return signs.join("");
  };

  document.querySelectorAll("input[data-generate]").forEach((input) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button small";
    button.textContent = input.dataset.generate;
    button.addEventListener("click", () => {
      input.type = "text";
      input.value = suggested();
      input.select();
      input.dispatchEvent(new Event("input", { bubbles: true }));
    });
    const end = document.createElement("div");
    end.append(button);
    input.after(end);
  });
})();

// What works without this works better with it: nothing here is needed to use a page.
"use strict";

(() => {
  const root = document.documentElement;
  root.classList.add("has-script");

  // A form is sent once; the server would answer the second time as the first, this only spares the wait.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    form.querySelectorAll("button:not([type=button])").forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
    });
  });

  // Small panels of the header close with Escape, and when something else is used.
  const drops = () => document.querySelectorAll("details.drop[open]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    drops().forEach((drop) => {
      drop.open = false;
      drop.querySelector("summary").focus();
    });
  });
  document.addEventListener("click", (event) => {
    drops().forEach((drop) => {
      if (!drop.contains(event.target)) drop.open = false;
    });
  });

  // Copying: the button is there only where it can work.
  const offerCopies = (within) => {
    if (!navigator.clipboard) return;
    within.querySelectorAll(".copy-button[hidden]").forEach((button) => { button.hidden = false; });
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest(".copy-button");
    if (!button) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("done");
    button.nextElementSibling.textContent = button.dataset.said;
    setTimeout(() => {
      button.classList.remove("done");
      button.nextElementSibling.textContent = "";
    }, 2500);
  });

  // One box that picks all rows of a page.
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-pick-all]")) return;
    event.target.closest("form").querySelectorAll(".pick input[name=pick]").forEach((box) => {
      box.checked = event.target.checked;
    });
  });
  const offerAll = (within) => {
    within.querySelectorAll("[data-pick-all][hidden]").forEach((box) => { box.hidden = false; });
  };

  const offer = (within) => {
    offerCopies(within);
    offerAll(within);
  };
  offer(document);
  document.addEventListener("htmx:load", (event) => offer(event.target));
})();

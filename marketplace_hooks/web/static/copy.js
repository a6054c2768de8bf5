// A button that copies, beside each text that has data-copy: its label. Without scripts the text is selected by hand.
(function () {
  "use strict";
  function announce(words) {
    var place = document.getElementById("announcement");
    if (place) {
      place.textContent = "";
      window.setTimeout(function () { place.textContent = words; }, 50);
    }
  }
  function addButton(text) {
    if (text.dataset.copyReady || !navigator.clipboard) {
      return;
    }
    text.dataset.copyReady = "yes";
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = text.dataset.copy;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(text.textContent.trim()).then(function () {
        button.textContent = text.dataset.copied;
        announce(text.dataset.copied);
        window.setTimeout(function () { button.textContent = text.dataset.copy; }, 4000);
      });
    });
    if (text.matches(".copyable")) {
      button.className = "copy-button";
      button.setAttribute("aria-label", text.dataset.copyLabel);
      text.after(button);
    } else {
      button.className = "quiet";
      text.before(button);
    }
  }
  function addButtons() {
    document.querySelectorAll("[data-copy]").forEach(addButton);
  }
  // What is in a page when it is opened is read late or not at all: a toast is said once more, where changes are heard.
  var toasts = Array.from(document.querySelectorAll(".told"), function (toast) { return toast.textContent.trim(); });
  if (toasts.length) {
    announce(toasts.join(" "));
  }
  document.addEventListener("htmx:afterSettle", addButtons);
  addButtons();
})();

// A button that copies, before each text that has data-copy: its label. Without scripts the text is selected by hand.
(function () {
  "use strict";
  function addButton(text) {
    if (text.dataset.copyReady || !navigator.clipboard) {
      return;
    }
    text.dataset.copyReady = "yes";
    var button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = text.dataset.copy;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(text.textContent).then(function () {
        button.textContent = text.dataset.copied;
      });
    });
    text.before(button);
  }
  function addButtons() {
    document.querySelectorAll("[data-copy]").forEach(addButton);
  }
  document.addEventListener("htmx:afterSettle", addButtons);
  addButtons();
})();

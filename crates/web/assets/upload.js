// Shows how far a file is on its way in, and lets it be stopped. Every word that a person reads comes from the page; a
// browser without this sends the form as any other.
(() => {
  "use strict";

  const size = (bytes) => {
    const mib = bytes / 1048576;
    return mib < 1024 ? `${mib.toFixed(1)} MiB` : `${(mib / 1024).toFixed(2)} GiB`;
  };

  const clock = (seconds) => {
    const all = Math.round(seconds);
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(all / 3600);
    const rest = `${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
    return hours ? `${hours}:${rest}` : rest;
  };

  const filled = (text, values) => values.reduce((so, value) => so.replace("{}", value), text);

  const show = (request, form) => {
    const elsewhere = request.responseURL.split("?")[0] !== form.action.split("?")[0];
    if (request.status === 200 && elsewhere) {
      location.assign(request.responseURL);
      return;
    }
    document.open();
    document.write(request.responseText);
    document.close();
  };

  const send = (form, told) => {
    const request = new XMLHttpRequest();
    const bar = told.querySelector("progress");
    const text = told.querySelector("output");
    const stop = told.querySelector("button");
    const buttons = form.querySelectorAll("button[type=submit]");
    const begun = performance.now();
    const end = (words) => {
      buttons.forEach((button) => (button.disabled = false));
      bar.hidden = stop.hidden = true;
      text.textContent = words;
    };
    request.upload.addEventListener("progress", (event) => {
      const seconds = (performance.now() - begun) / 1000;
      const pace = event.loaded / Math.max(seconds, 0.001);
      bar.max = event.total;
      bar.value = event.loaded;
      const left = clock((event.total - event.loaded) / Math.max(pace, 1));
      const values = [size(event.loaded), size(event.total), size(pace), left];
      text.textContent = filled(told.dataset.sent, values);
    });
    request.addEventListener("load", () => show(request, form));
    request.addEventListener("error", () => end(told.dataset.broken));
    request.addEventListener("abort", () => end(told.dataset.stopped));
    stop.onclick = () => request.abort();
    // What was wrong with the file before says nothing of this one.
    form.querySelectorAll(".refusal, .wrong").forEach((words) => words.remove());
    form.querySelectorAll("[aria-invalid]").forEach((input) => input.removeAttribute("aria-invalid"));
    buttons.forEach((button) => (button.disabled = true));
    told.hidden = bar.hidden = stop.hidden = false;
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "text/html");
    request.send(new FormData(form));
  };

  document.querySelectorAll("form").forEach((form) => {
    const told = form.querySelector("[data-sent]");
    if (!told) {
      return;
    }
    form.addEventListener("submit", (event) => {
      // What is missing is told by the page.
      if (form.querySelector("input[type=file]").files.length > 0) {
        event.preventDefault();
        send(form, told);
      }
    });
  });
})();

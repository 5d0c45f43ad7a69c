/* Marking on one page with the keyboard: the sum as one types, F full marks, Z zero, N the next one. Enter saves, as in
   every form. Without it all of that works with the mouse. */
(function () {
  "use strict";
  const form = document.getElementById("marking");
  if (!form) return;
  const points = Array.from(form.querySelectorAll("input[type=number]"));
  const sum = form.querySelector("[data-sum]");
  const add = () => {
    sum.textContent = String(Math.round(points.reduce((all, each) => all + (Number(each.value) || 0), 0) * 100) / 100);
  };
  form.addEventListener("input", add);
  add();
  const press = (value) => form.querySelector("button[value='" + value + "']").click();
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.target.matches("input:not([type=number]), textarea, select")) return;
    const key = event.key.toUpperCase();
    if (key === "F") press("full");
    else if (key === "Z") press("zero");
    else if (key === "N") form.querySelector("[data-skip]").click();
    else return;
    event.preventDefault();
  });
}());

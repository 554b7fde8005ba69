// Shows the form by ODK Web Forms, in the language of the form, and below each question where its answer goes. Tells the page
// around it which ways were walked and what the hidden values are. Sends nothing: what is filled is thrown away.
import { createApp, h, watchEffect } from "vue";
import { OdkWebForm, POST_SUBMIT__NEW_INSTANCE, webFormsPlugin } from "@getodk/web-forms";

const { places, value, buttons } = document.body.dataset;
const known = JSON.parse(places);
const said = JSON.parse(buttons);
const language = document.documentElement.lang;

// "/data/acts[2]/act" -> "acts[2]/act"; without its rows "acts/act"
const placeOf = (reference) => reference.split("/").slice(2).join("/");
const pathOf = (reference) => placeOf(reference).replace(/\[\d+\]/g, "");
const answerOf = (node) => String(node.currentState.instanceValue ?? node.currentState.value ?? "");

function* below(node) {
  for (const child of node.currentState.children ?? []) {
    yield child;
    yield* below(child);
  }
}

// Tells what of the form is in use now: conditions that hold, answers that are chosen, values that nobody is asked for.
const tell = (root) => {
  const walked = new Set();
  const values = [];
  for (const node of below(root)) {
    const { reference, relevant } = node.currentState;
    const path = pathOf(reference);
    if (node.nodeType === "model-value") {
      const place = placeOf(reference);
      values.push({ place, words: (known[path] ?? path).replace(path, place), relevant, value: answerOf(node) });
    } else if (relevant) {
      walked.add(path);
      if (node.nodeType === "select") answerOf(node).split(" ").filter(Boolean).forEach((code) => walked.add(`${path}=${code}`));
    }
  }
  const detail = { phone: Number(location.pathname.split("/").pop()), walked: [...walked], values };
  parent.dispatchEvent(new parent.CustomEvent("phone", { detail }));
};

// The library shows each question by a component that is given the question; the style sheet shows what is noted on it.
const noted = {
  mounted() {
    const { question, form } = this.$props ?? {};
    if (form?.nodeType === "root") watchEffect(() => tell(this.$props.form));
    if (!question?.currentState || !this.$el?.classList?.contains("question-container")) return;
    watchEffect(() => {
      const path = pathOf(question.currentState.reference);
      const answer = answerOf(question);
      const parts = [known[path] ?? path, answer && value.replace("{value}", answer)];
      this.$el.dataset.noted = parts.filter(Boolean).join(" · ");
    });
  },
};

const finished = (_payload, answered) => {
  const place = document.getElementById("done");
  place.hidden = false;
  setTimeout(() => { place.hidden = true; }, 6000);
  document.scrollingElement.scrollTo(0, 0);
  answered({ next: POST_SUBMIT__NEW_INSTANCE });
};

// The library's own words are in its code, in English; those that stand in the table are said in the form's language. What
// stands in the form is left alone: its words are in other places.
const OWN = "button, .footer, .form-error-text-wrap, .validation-message, .powered-by-wrapper, .p-menu-item-label, strong";
const translated = (text) => {
  const counted = text.match(/^(\d+) questions with errors\.$/);
  return counted ? said["{n} questions with errors."].replace("{n}", counted[1]) : said[text];
};
const translate = (text) => {
  const words = text.data.trim();
  const other = text.parentElement?.closest(OWN) && translated(words);
  if (other && other !== words) text.data = text.data.replace(words, other);
};
const texts = (node) => {
  const found = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  if (node.nodeType === Node.TEXT_NODE) translate(node);
  while (found.nextNode()) translate(found.currentNode);
};
const whole = { childList: true, characterData: true, subtree: true };
new MutationObserver((changes) => {
  for (const { target, addedNodes } of changes) [...addedNodes, target].filter((one) => one.isConnected).forEach(texts);
}).observe(document.body, whole);

// Months and days by the browser, the first day of the week Monday outside English.
const days = (weekday) => [...Array(7).keys()].map((day) => new Date(2023, 0, 1 + day).toLocaleDateString(language, { weekday }));
const months = (month) => [...Array(12).keys()].map((at) => new Date(2023, at, 1).toLocaleDateString(language, { month }));
const calendar = {
  dayNames: days("long"), dayNamesShort: days("short"), dayNamesMin: days("narrow"),
  monthNames: months("long"), monthNamesShort: months("short"), firstDayOfWeek: language === "en" ? 0 : 1,
  today: said["Today"], clear: said["Clear"],
  emptyMessage: said["No available options"], emptyFilterMessage: said["No results found"], emptySearchMessage: said["No results found"],
};

const form = await fetch(`${location.pathname}/form.xml`);
const shown = {
  formXml: await form.text(),
  fetchFormAttachment: ({ href }) => fetch(`/media/${href.split("/").pop()}`),
  missingResourceBehavior: "BLANK",
  onSubmit: finished,
};
const app = createApp({ render: () => h(OdkWebForm, shown) }).use(webFormsPlugin).mixin(noted);
Object.assign(app.config.globalProperties.$primevue.config.locale, calendar);
app.mount("#form");

// Shows the form by ODK Web Forms, and below each question where its answer goes. Sends nothing: what is filled is thrown away.
import { createApp, h, watchEffect } from "vue";
import { OdkWebForm, POST_SUBMIT__NEW_INSTANCE, webFormsPlugin } from "@getodk/web-forms";

const { places, value } = document.body.dataset;
const known = JSON.parse(places);

// "/data/danger/danger_now", in a repeat "/data/acts[2]/act" -> "danger/danger_now", "acts/act"
const pathOf = (reference) => reference.replace(/\[\d+\]/g, "").split("/").slice(2).join("/");

// The library shows each question by a component that is given the question; the style sheet shows what is noted on it.
const noted = {
  mounted() {
    const { question } = this.$props ?? {};
    if (!question?.currentState || !this.$el?.classList?.contains("question-container")) return;
    watchEffect(() => {
      const { reference, instanceValue } = question.currentState;
      const path = pathOf(reference);
      const answer = String(instanceValue ?? "");
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

const form = await fetch(`${location.pathname}/form.xml`);
const shown = {
  formXml: await form.text(),
  fetchFormAttachment: ({ href }) => fetch(`/media/${href.split("/").pop()}`),
  missingResourceBehavior: "BLANK",
  onSubmit: finished,
};
createApp({ render: () => h(OdkWebForm, shown) }).use(webFormsPlugin).mixin(noted).mount("#form");

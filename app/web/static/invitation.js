// A code for another device: to show this page on it, or to make a phone one of the sensors.

import { tell } from "./actions.js";
import { PostError, post } from "./connection.js";
import { byId, setAttribute, setText, show } from "./dom.js";

/** @import { Invitation as Invited, State } from "./frames.js" */

export class Invitation {
  #shown = ""; // address of the code that the program asks to be scanned, empty for none
  #refused;

  /**
   * `refused()` is called when the key of this page is no longer valid.
   * @param {{ refused: () => void }} with
   */
  constructor({ refused }) {
    this.#refused = refused;
    byId("invite-button").addEventListener("click", () => this.#screen());
  }

  /**
   * The state: a phone may be awaited as a sensor, or no longer.
   * @param {Pick<State, "can_invite" | "invitation">} state
   */
  state({ can_invite, invitation }) {
    byId("invite-button", HTMLButtonElement).disabled = !can_invite;
    show(byId("invite-how"), !can_invite);
    const url = invitation?.url ?? "";
    if (url === this.#shown) return;
    this.#shown = url;
    if (invitation) this.#open(`This phone becomes the ${invitation.placement} sensor`, invitation);
    else byId("invite-dialog", HTMLDialogElement).close();
  }

  async #screen() {
    byId("more-dialog", HTMLDialogElement).close();
    try {
      this.#open("See this page on another device", await post("/invite", { role: "screen" }));
    } catch (error) {
      if (!(error instanceof PostError)) throw error;
      if (error.refused) this.#refused();
      else tell(error.message);
    }
  }

  /**
   * @param {string} title
   * @param {Invited} invited
   */
  #open(title, { url, qr, fingerprint, minutes }) {
    setText(byId("invite-title"), title);
    setAttribute(byId("invite-qr"), "src", qr);
    setText(byId("invite-url"), url);
    setText(byId("invite-minutes"), Math.round(minutes));
    setText(byId("invite-fingerprint"), fingerprint);
    const dialog = byId("invite-dialog", HTMLDialogElement);
    if (!dialog.open) dialog.showModal();
  }
}

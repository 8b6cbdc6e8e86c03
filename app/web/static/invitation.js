// A code for another device: to show this page on it, or to make a phone one of the sensors.

import { tell } from "./actions.js";
import { PostError, post } from "./connection.js";
import { byId, make, setAttribute, setText } from "./dom.js";

/** @import { Invitation as Invited, State } from "./frames.js" */

export class Invitation {
  #shown = ""; // address of the code that the program asks to be scanned, empty for none
  #refused;
  #doorIsOpen = false;

  /**
   * `refused()` is called when the key of this page is no longer valid.
   * @param {{ refused: () => void }} with
   */
  constructor({ refused }) {
    this.#refused = refused;
    byId("invite-button").addEventListener("click", () => (this.#doorIsOpen ? this.#screen() : this.#ask()));
    byId("door-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#openDoor();
    });
  }

  /**
   * The state: a phone may be awaited as a sensor, or no longer.
   * @param {Pick<State, "can_invite" | "invitation">} state
   */
  state({ can_invite, invitation }) {
    this.#doorIsOpen = can_invite;
    const url = invitation?.url ?? "";
    if (url === this.#shown) return;
    this.#shown = url;
    if (invitation) this.#open(`This phone becomes the ${invitation.placement} sensor`, invitation);
    else byId("invite-dialog", HTMLDialogElement).close();
  }

  async #screen() {
    byId("more-dialog", HTMLDialogElement).close();
    const invited = await this.#asked("/invite", { role: "screen" });
    if (invited) this.#open("See this page on another device", invited);
  }

  /** The door to the network is opened by a person, never by itself. */
  async #ask() {
    byId("more-dialog", HTMLDialogElement).close();
    const told = await this.#asked("/addresses", {});
    if (!told) return;
    const found = told.addresses.map((/** @type {string} */ address) => make("option", { value: address }, address));
    byId("door-address").replaceChildren(...found);
    byId("door-open", HTMLButtonElement).disabled = found.length === 0;
    setText(byId("door-problem"), found.length ? "" : "This computer is in no network. Join the phone's first.");
    byId("door-dialog", HTMLDialogElement).showModal();
  }

  async #openDoor() {
    const address = byId("door-address", HTMLSelectElement).value;
    byId("door-dialog", HTMLDialogElement).close();
    if ((await this.#asked("/door", { address })) !== undefined) await this.#screen();
  }

  /**
   * The program's answer; undefined where it refused, which is told.
   * @param {string} path
   * @param {unknown} body
   */
  async #asked(path, body) {
    try {
      return await post(path, body);
    } catch (error) {
      if (!(error instanceof PostError)) throw error;
      if (error.refused) this.#refused();
      else tell(error.message);
      return undefined;
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

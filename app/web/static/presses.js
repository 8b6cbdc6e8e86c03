// What a helper pressed, until the program has heard it. See app/web/helpers.py for what is sent.

/** @typedef {{ number: number, contact: string, off: boolean, age_ms: number }} Told */
/** @typedef {{ page: string, round_trip_ms: number, events: Told[] }} Message */

export const MOST_EVENTS = 200; // in one message
const REMEMBERED = 8; // round trips; the quickest of them has waited for nothing else

export class Presses {
  /**
   * @param {string} page another one each time the page is loaded
   * @param {() => number} now_ms
   */
  constructor(page, now_ms) {
    this.page = page;
    this.now_ms = now_ms;
    this.presses = 0;
    /** @type {Set<string>} */
    this.held = new Set();
    /** @type {{ number: number, contact: string, off: boolean, at_ms: number }[]} */
    this.unheard = [];
    this.number = 0;
    /** @type {number[]} */
    this.roundTrips_ms = [];
  }

  /**
   * A contact is held down, or let go, at a time; the same once more is nothing.
   * @param {string} contact
   * @param {boolean} off
   * @param {number} at_ms
   */
  tell(contact, off, at_ms) {
    if (this.held.has(contact) === off) return false;
    if (off) {
      this.held.add(contact);
      this.presses += 1;
    } else {
      this.held.delete(contact);
    }
    this.number += 1;
    this.unheard.push({ number: this.number, contact, off, at_ms });
    return true;
  }

  /** @returns {Message} what is to be sent now */
  message() {
    const now_ms = this.now_ms();
    const events = this.unheard
      .slice(0, MOST_EVENTS)
      .map(({ number, contact, off, at_ms }) => ({ number, contact, off, age_ms: Math.max(now_ms - at_ms, 0) }));
    return { page: this.page, round_trip_ms: this.roundTrip_ms, events };
  }

  /**
   * The program has heard all up to this event; the answer took so long.
   * @param {number} heard
   * @param {number} took_ms
   */
  heard(heard, took_ms) {
    this.unheard = this.unheard.filter(({ number }) => number > heard);
    this.roundTrips_ms.push(took_ms);
    if (this.roundTrips_ms.length > REMEMBERED) this.roundTrips_ms.shift();
  }

  /** The quickest of the latest answers: half of it is the way there. */
  get roundTrip_ms() {
    return this.roundTrips_ms.length ? Math.min(...this.roundTrips_ms, 5000) : 0;
  }
}

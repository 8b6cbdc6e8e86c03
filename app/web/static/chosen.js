// What a person has just chosen here, until a state of the program has it: an older state may still be under way.

/**
 * States and answers come over different connections, so either may be the earlier. Both name the revision of the
 * choices, which the program counts: what a person chose stands until a state is as new as the answer to it.
 */
export class Chosen {
  /** @type {Map<string, { asked: number, revision: number }>} */
  #awaited = new Map();

  /**
   * Something was chosen, and is asked of the program.
   * @param {string} name
   */
  asked(name) {
    const { asked = 0, revision = 0 } = this.#awaited.get(name) ?? {};
    this.#awaited.set(name, { asked: asked + 1, revision });
  }

  /**
   * The program has it since this revision; 0 where it refused, or could not be reached.
   * @param {string} name
   * @param {number} since
   */
  answered(name, since) {
    const { asked = 1, revision = 0 } = this.#awaited.get(name) ?? {};
    this.#awaited.set(name, { asked: asked - 1, revision: Math.max(revision, since) });
  }

  /**
   * Whether a state of this revision is too old to say how this stands.
   * @param {string} name
   * @param {number} stateRevision
   */
  outdates(name, stateRevision) {
    const { asked = 0, revision = 0 } = this.#awaited.get(name) ?? {};
    return asked > 0 || stateRevision < revision;
  }
}

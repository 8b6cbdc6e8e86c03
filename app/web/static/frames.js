// What the program tells the page, as types: app/web/frames.py makes these frames, and a test compares the two.
// Nothing here runs, and no page loads it. [name] in brackets: missing in frames before the session runs.

/** @typedef {"held" | "near" | "lost" | "unknown" | "unmeasured"} ContactState */
/** @typedef {[number, number]} Point x forward and y up, in shares of body height. */
/** @typedef {[number, number | null, number | null]} TracePoint Session time in s, deviation and lean in deg. */
/** @typedef {{ left: number, right: number, bottom: number, top: number }} Box */

/**
 * Everything that changes seldom.
 * @typedef {object} State
 * @property {Session} session
 * @property {boolean} over
 * @property {End | null} end of a practice, once it is known
 * @property {Step | null} step
 * @property {boolean} calibrated
 * @property {boolean} calibrating
 * @property {number | null} set the running one
 * @property {number} reps of the running set
 * @property {number} load_kg
 * @property {number | null} wall_cm
 * @property {Bounds} bounds of what a person may set
 * @property {Rep[]} last oldest first
 * @property {Limits | null} limits
 * @property {Sensor[]} sensors
 * @property {Message[]} messages oldest first
 * @property {string[]} commands what can be done now
 * @property {Summary | null} summary of the set that is over
 * @property {Player | null} player of a replay
 * @property {Cues | null} cues null where none can be chosen
 * @property {boolean} can_invite
 * @property {Invitation | null} invitation of a phone that is awaited as a sensor
 */

/**
 * How a practice ended.
 * @typedef {object} End
 * @property {string} sentence
 * @property {string} work_on
 * @property {string} report the page that was written beside the session, empty for none
 * @property {Command[]} commands
 */

/**
 * @typedef {object} Command
 * @property {string} command
 * @property {string} what it is good for
 */

/**
 * @typedef {object} Bounds
 * @property {Range} load_kg
 * @property {Range} wall_cm
 */

/**
 * Both ends included.
 * @typedef {object} Range
 * @property {number} least
 * @property {number} most
 */

/**
 * @typedef {object} Session
 * @property {string} drill
 * @property {boolean} taps
 * @property {boolean} lying
 * @property {string} person
 * @property {string} file
 * @property {boolean} simulated
 * @property {boolean} replay
 */

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {string} say
 * @property {number} number
 * @property {number} count 0 where it has no place among others
 * @property {string} problem
 * @property {boolean} asking
 */

/**
 * @typedef {object} Rep
 * @property {string} name
 * @property {string} verdict
 * @property {string} why
 * @property {string} peak
 * @property {string} tempo
 * @property {number | null} depth_deg
 * @property {string} movement
 * @property {string} tap
 * @property {string} todo
 * @property {string} by_eye how a person judged it, empty where nobody did
 * @property {number} at_s a session time within it
 * @property {boolean} certain whether it is a row of the table, and can be judged by eye
 */

/**
 * @typedef {object} Limits
 * @property {string} basis
 * @property {string} evidence
 * @property {number} wider_deg
 * @property {number} warn_deg
 * @property {number} lost_deg
 * @property {number} arching_warn_deg
 * @property {number} arching_lost_deg
 * @property {number} head_warn_deg
 * @property {number} head_lost_deg
 * @property {number} hold_points
 */

/**
 * @typedef {object} Sensor
 * @property {string} placement
 * @property {string} state
 * @property {string} name
 * @property {number | null} rate_hz
 * @property {number | null} asked_rate_hz
 * @property {number | null} battery_pct
 * @property {number | null} rssi_dbm
 * @property {number} gaps
 * @property {number | null} clock_ms
 * @property {number} lost
 * @property {boolean} settling
 */

/**
 * @typedef {object} Message
 * @property {string} text
 * @property {boolean} warning
 */

/**
 * @typedef {object} Summary
 * @property {number} set
 * @property {string} text
 * @property {string} advice
 */

/**
 * @typedef {object} Player
 * @property {number} told counts the sessions: another one has another timeline
 * @property {boolean} playing
 * @property {boolean} over
 * @property {boolean} moving
 */

/**
 * What happens when in a session that is told again.
 * @typedef {object} Timeline
 * @property {number} began_s
 * @property {number} ended_s
 * @property {Span[]} sets
 * @property {Span[]} reps
 * @property {Span[]} losses
 * @property {string[]} others sessions that can be told instead
 */

/**
 * @typedef {object} Span
 * @property {string} name
 * @property {number} start_s
 * @property {number} end_s
 * @property {string} verdict
 */

/**
 * @typedef {object} Cues
 * @property {string} mode empty for "as fits the drill"
 * @property {string} in_force
 * @property {number} revision counts the changes
 * @property {number} volume
 * @property {number} delay_s
 * @property {number} repeat_s
 * @property {boolean} tone
 * @property {boolean} contact
 * @property {boolean} tick
 * @property {boolean} summary
 * @property {boolean} spoken
 * @property {boolean} vibration
 */

/**
 * @typedef {object} Invitation
 * @property {string} url
 * @property {string} qr
 * @property {string} fingerprint
 * @property {number} minutes
 * @property {string} [placement] of a sensor
 */

/**
 * The latest moment, 25 times a second.
 * @typedef {object} Now
 * @property {number} t session time in s
 * @property {TracePoint[]} trace what came since the last frame
 * @property {number | null} [tone]
 * @property {number | null} [sacrum_lean_deg]
 * @property {number | null} [upper_back_lean_deg]
 * @property {number | null} [deviation_deg]
 * @property {number | null} [head_deg]
 * @property {Record<string, ContactState>} [contacts]
 * @property {{ why: string, todo: string }} [told] of the contacts
 * @property {Record<string, number>} [gaps_mm]
 * @property {Phase | null} [phase]
 * @property {Figure | null} [figure]
 * @property {number | null} [progress]
 */

/**
 * @typedef {object} Phase
 * @property {string} name
 * @property {number} lowering_s
 * @property {number} bottom_s
 * @property {number} rising_s
 */

/**
 * The lifter from the side, as app/drawing draws it.
 * @typedef {object} Figure
 * @property {Line[]} lines one over the other in this order
 * @property {number} ground height of the floor
 * @property {Record<string, Touch>} points of the rod
 * @property {Point} away the way out from the body at the rod, a unit vector
 * @property {Box} box what must fit into the picture
 * @property {boolean} centred in the picture, else the feet are at its bottom
 */

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {string} path as SVG has it, in shares of body height: y down
 * @property {number | null} width null where it is filled
 */

/**
 * @typedef {object} Touch
 * @property {Point} body
 * @property {Point} rod
 */

/**
 * Something to be heard, told at once.
 * @typedef {object} Cue
 * @property {string} kind
 * @property {number} time_s
 * @property {string} point
 * @property {number} level
 * @property {string} text
 * @property {number} number
 * @property {boolean} spoken
 * @property {boolean} sounds
 */

export {};

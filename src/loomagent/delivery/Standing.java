package loomagent.delivery;

/** Where an event of the journal stands with a handler. */
public enum Standing {
  /** It was not given to the handler yet, or is just being given. */
  WAITING,
  /** It failed, and comes again. */
  RETRYING,
  /** Taken, given up, or not wanted. */
  DONE,
  /** It came before the handler was there. */
  BEFORE
}

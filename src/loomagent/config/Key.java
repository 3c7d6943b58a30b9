package loomagent.config;

/**
 * Every key of this version. The sample {@code agent.properties} says the same in the same words; a
 * test holds the two together.
 */
public enum Key {
  ENVIRONMENT("environment", "sandbox", "sandbox for trying out, production for real orders"),
  LOOM_URL(
      "loom.url",
      "wss://loom.sandbox.zaikio.com/websocket",
      "Another address than the environment's: wss://…, or ws://… on this machine only"),
  EVENTS("events", "", "Required: whole event names, separated by commas, at most 500"),
  TOKEN("token", "", "Required: the access token for your Organization, at most 16 KB"),
  RECONNECT_FIRST("reconnect.first", "1s", "The longest wait before the first new try: 10ms to 1h"),
  RECONNECT_LONGEST("reconnect.longest", "60s", "The wait grows up to this: 10ms to 24h"),
  STALE_AFTER("stale-after", "10s", "Silence that counts as a dead connection: 1s to 1h"),
  DATA_DIR("data.dir", "data", "The folder for what the agent has to remember"),
  HANDLERS_DIR("handlers.dir", "handlers", "The folder for handler jars"),
  LOG_LEVEL("log.level", "info", "How much is logged: error, warn, info, debug or trace"),
  LOG_FORMAT("log.format", "text", "How it is logged: text, json or journal"),
  SHUTDOWN_TIMEOUT("shutdown.timeout", "20s", "How long stopping may take: 0s to 10m"),
  HANDLER_TYPE("handler.<name>.type", "<name>", "What the handler does; its name unless set"),
  HANDLER_EVENTS("handler.<name>.events", "*", "The events it gets, at most 500 names or globs"),
  HANDLER_ENABLED("handler.<name>.enabled", "true", "true, or false to switch it off");

  private final String key;
  private final String defaultText;
  private final String description;

  Key(String key, String defaultText, String description) {
    this.key = key;
    this.defaultText = defaultText;
    this.description = description;
  }

  /** As it is written; {@code <name>} stands for the handler's own name. */
  public String key() {
    return key;
  }

  /** As it would be written; empty for a required key. */
  public String defaultText() {
    return defaultText;
  }

  /** Meaning and limits, for the person who writes the file. */
  public String description() {
    return description;
  }

  /** What to do when it is missing or empty. */
  String advice() {
    return switch (this) {
      case TOKEN -> "Write token = ${env:NAME}, ${file:PATH} or ${credential:NAME}.";
      case EVENTS -> "Write the events to subscribe to: events = mission_control.job_added.";
      default -> "Give it a value, or leave it out for " + defaultText + ".";
    };
  }

  /** The key of the handler with this name. */
  String of(String handler) {
    return key.replace("<name>", handler);
  }
}

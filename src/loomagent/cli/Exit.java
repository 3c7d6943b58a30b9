package loomagent.cli;

import loomagent.auth.TokenException;

/** Exit statuses, as {@code sysexits.h} counts them. */
enum Exit {
  OK(0),
  USAGE(64),
  UNREACHABLE(69),
  INTERNAL(70),
  DISK(74),
  NOT_AUTHORISED(77),
  CONFIGURATION(78);

  private final int status;

  Exit(int status) {
    this.status = status;
  }

  int status() {
    return status;
  }

  /** Why there is no token. */
  static Exit of(TokenException none) {
    return switch (none.kind()) {
      case UNREACHABLE -> UNREACHABLE;
      case REFUSED -> NOT_AUTHORISED;
      case SETTING -> CONFIGURATION;
      case DISK -> DISK;
    };
  }

  /** The one with this status; a fault of the agent if there is none. */
  static Exit of(int status) {
    for (Exit exit : values()) {
      if (exit.status == status) {
        return exit;
      }
    }
    return INTERNAL;
  }
}

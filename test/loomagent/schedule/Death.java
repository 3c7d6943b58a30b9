package loomagent.schedule;

/**
 * Ends the threads of a process that was killed. Neither an exception nor an error, so that no code
 * takes it for something to survive.
 */
final class Death extends Throwable {
  private static final long serialVersionUID = 1;

  private Death() {
    super("killed", null, false, false);
  }

  /** Throws it from where nothing of the kind is declared. */
  static RuntimeException now() {
    return sneaky(new Death());
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> RuntimeException sneaky(Throwable death) throws T {
    throw (T) death;
  }
}

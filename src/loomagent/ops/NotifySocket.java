package loomagent.ops;

/**
 * The way to the datagram socket that systemd listens at. Java has no such sockets; from Java 22 on
 * another class of this name calls the system itself.
 */
final class NotifySocket {
  private NotifySocket() {}

  /** What carries notifications to this address: a path, or a name behind {@code @}. */
  static Notifications at(String address) {
    return new NotifyProgram(address);
  }
}

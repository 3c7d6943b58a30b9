package loomagent.ops;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The datagram socket that systemd listens at, by the C library: some 50 microseconds a
 * notification, and the Java process itself is the sender.
 */
final class NotifySocket implements Notifications {
  // Linux's, from sys/socket.h.
  private static final short AF_UNIX = 1;
  private static final int DATAGRAM = 2 | 0x80000; // SOCK_DGRAM, closed in programs that are run
  private static final int AT_ONCE = 0x4040; // MSG_DONTWAIT, and MSG_NOSIGNAL

  private static final int MAX_PATH = 108; // sockaddr_un's
  private static final int FAMILY = Short.BYTES; // bytes in front of the path

  private final byte[] path;
  private final MethodHandle socket;
  private final MethodHandle sendto;
  private final MethodHandle close;
  private final Linker.Option errno = Linker.Option.captureCallState("errno");

  private NotifySocket(String address) {
    // A name without a file begins with NUL; a file's ends with it.
    this.path =
        (address.startsWith("@") ? '\0' + address.substring(1) : address + '\0').getBytes(UTF_8);
    this.socket = function("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    this.sendto =
        function("sendto", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
    this.close = function("close", JAVA_INT, JAVA_INT);
  }

  /** The program where the system's functions cannot be called. */
  static Notifications at(String address) {
    try {
      return new NotifySocket(address);
    } catch (RuntimeException | LinkageError impossible) { // a Java built or run without it
      return new NotifyProgram(address);
    }
  }

  @SuppressWarnings("restricted") // The manifest has Enable-Native-Access.
  private MethodHandle function(String name, MemoryLayout result, MemoryLayout... arguments) {
    Linker linker = Linker.nativeLinker();
    MemorySegment address =
        linker.defaultLookup().find(name).orElseThrow(() -> new UnsatisfiedLinkError(name));
    return linker.downcallHandle(address, FunctionDescriptor.of(result, arguments), errno);
  }

  @Override
  public void send(String assignments) throws IOException {
    if (path.length > MAX_PATH) {
      throw new IOException("its socket's path has more than " + MAX_PATH + " bytes");
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
      MemorySegment to = arena.allocate(FAMILY + MAX_PATH, Short.BYTES);
      to.set(JAVA_SHORT, 0, AF_UNIX);
      MemorySegment.copy(path, 0, to, JAVA_BYTE, FAMILY, path.length);
      byte[] bytes = assignments.getBytes(UTF_8);
      MemorySegment text = arena.allocateFrom(JAVA_BYTE, bytes);
      int descriptor = (int) socket.invokeExact(state, (int) AF_UNIX, DATAGRAM, 0);
      check("socket", descriptor, state);
      try {
        long sent =
            (long)
                sendto.invokeExact(
                    state,
                    descriptor,
                    text,
                    (long) bytes.length,
                    AT_ONCE,
                    to,
                    FAMILY + path.length);
        check("sendto", sent, state);
      } finally {
        int unused = (int) close.invokeExact(state, descriptor);
      }
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable never) { // the functions throw nothing
      throw new AssertionError(never);
    }
  }

  private static void check(String function, long result, MemorySegment state) throws IOException {
    if (result < 0) {
      // The only member of the layout: an int at its beginning.
      throw new IOException(function + " failed with error " + state.get(JAVA_INT, 0));
    }
  }
}

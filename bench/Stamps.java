package bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Collectors;

/** How long each event was on its way, in nanoseconds; written to a file once all are there. */
final class Stamps {
  static final Stamps NONE = new Stamps(Path.of(""), 0, 0);

  private final Path file;
  private final long[] nanos;
  private final int from;
  private int count;

  /**
   * @param from how many come before those that count, while the compilers are at work
   */
  Stamps(Path file, int events, int from) {
    this.file = file;
    this.nanos = new long[events];
    this.from = from;
  }

  void add(long duration) throws IOException {
    nanos[count++] = duration;
    if (count == nanos.length) {
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.writeString(
          fresh,
          Arrays.stream(nanos, from, count)
              .mapToObj(Long::toString)
              .collect(Collectors.joining("\n")));
      Files.move(fresh, file);
    }
  }
}

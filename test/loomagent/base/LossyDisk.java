package loomagent.base;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * A disk that works in a folder, can be told to fail, and remembers what was done, so that the
 * folder can be made again as it may be after a power cut at any step. It syncs nothing, which
 * makes it quick. One thread at a time writes; any thread may ask.
 */
public final class LossyDisk implements Disk {

  /** What is done to a file. */
  public enum Kind {
    CREATE,
    WRITE,
    SYNC,
    TRUNCATE,
    REPLACE,
    MOVE,
    DELETE
  }

  /** What a power cut does to what was not synced. */
  public enum Cut {
    /** All of it is gone; what was deleted is back. */
    DROPS,
    /** It is all there, by luck. */
    KEEPS,
    /** Some of it is there, and the last write in part. */
    TEARS,
    /** As TEARS, and bytes that never were written stand in the place of others. */
    SPOILS
  }

  /** Makes a step fail. */
  public interface Fault {
    /** Called before each step: an exception stops it, a write after half of its bytes. */
    void before(Kind kind, Path file) throws IOException;
  }

  /** One step. Its bytes are a file's new content, or what was written at an offset. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares these
  private record Step(Kind kind, String file, long offset, byte[] bytes, String to) {}

  private static final long FAILED = -1; // the offset of a sync

  private final Path folder;
  private final Map<String, byte[]> begin = new TreeMap<>();
  private final List<Step> steps = new ArrayList<>(); // under its monitor
  private final AtomicInteger open = new AtomicInteger();
  private volatile Fault fault = (kind, file) -> {};

  /**
   * A disk in a folder.
   *
   * @param folder what is in it counts as synced
   */
  public LossyDisk(Path folder) throws IOException {
    this.folder = folder;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        begin.put(name(file), Files.readAllBytes(file));
      }
    }
  }

  /** Fails as told from now on. */
  public void fail(Fault fault) {
    this.fault = fault;
  }

  /** How many files are open for writing. */
  public int open() {
    return open.get();
  }

  /** How many steps were done. */
  public int steps() {
    synchronized (steps) {
      return steps.size();
    }
  }

  /** What was done, for a failed test's message. */
  public String story() {
    synchronized (steps) {
      StringBuilder story = new StringBuilder();
      for (int i = 0; i < steps.size(); i++) {
        Step step = steps.get(i);
        story.append(i).append(' ').append(step.kind).append(' ').append(step.file);
        story.append(" at ").append(step.offset).append(": ").append(step.bytes.length);
        story.append('\n');
      }
      return story.toString();
    }
  }

  /**
   * Makes the folder as it may be after a power cut.
   *
   * @param count so many steps were done; the next one may have been under way
   * @param into an empty folder
   */
  public void cutPower(int count, Cut cut, RandomGenerator random, Path into) throws IOException {
    Map<String, Content> files = new TreeMap<>();
    begin.forEach((name, bytes) -> files.put(name, new Content(bytes)));
    synchronized (steps) {
      for (Step step : steps.subList(0, count)) {
        apply(step, files);
      }
      if (count < steps.size() && cut != Cut.DROPS) {
        begun(steps.get(count), files, random);
      }
    }
    for (Map.Entry<String, Content> file : files.entrySet()) {
      byte[] bytes = file.getValue().after(cut, random);
      if (bytes != null) {
        Path path = into.resolve(file.getKey());
        Files.createDirectories(path.getParent());
        Files.write(path, bytes);
      }
    }
  }

  private static void apply(Step step, Map<String, Content> files) {
    switch (step.kind) {
      case CREATE -> files.put(step.file, new Content(step.bytes));
      case REPLACE -> files.put(step.file, new Content(step.bytes));
      case WRITE, TRUNCATE -> files.get(step.file).pending.add(step);
      case SYNC -> files.get(step.file).sync(step.offset == FAILED);
      case MOVE -> files.put(step.to, files.remove(step.file));
      case DELETE -> files.get(step.file).deleted = true;
    }
  }

  /** What may be there of a step that did not return. */
  private static void begun(Step step, Map<String, Content> files, RandomGenerator random) {
    switch (step.kind) {
      case REPLACE ->
          files.put(
              step.file + ".new",
              new Content(Arrays.copyOf(step.bytes, random.nextInt(step.bytes.length + 1))));
      case CREATE, WRITE, TRUNCATE, DELETE -> apply(step, files);
      case SYNC, MOVE -> {}
    }
  }

  /** A file: what is on disk, and what was done to it since. */
  private static final class Content {
    private final List<Step> pending = new ArrayList<>();
    private byte[] synced;
    private boolean deleted;

    Content(byte[] synced) {
      this.synced = synced;
    }

    /** After one that failed, the system takes for written what is not, and never tries again. */
    void sync(boolean failed) {
      synced = failed ? synced : with(synced, pending);
      pending.clear();
    }

    /** Null if it is gone. */
    byte[] after(Cut cut, RandomGenerator random) {
      if (deleted && (cut == Cut.KEEPS || (cut != Cut.DROPS && random.nextBoolean()))) {
        return null;
      }
      if (cut == Cut.DROPS || pending.isEmpty()) {
        return synced;
      }
      if (cut == Cut.KEEPS) {
        return with(synced, pending);
      }
      int whole = random.nextInt(pending.size());
      List<Step> done = new ArrayList<>(pending.subList(0, whole));
      Step torn = pending.get(whole);
      done.add(torn.kind == Kind.WRITE ? torn(torn, cut, random) : torn);
      return with(synced, done);
    }

    private static Step torn(Step write, Cut cut, RandomGenerator random) {
      byte[] bytes = Arrays.copyOf(write.bytes, random.nextInt(write.bytes.length + 1));
      if (cut == Cut.SPOILS && bytes.length > 0) {
        int from = random.nextInt(bytes.length);
        int to = from + random.nextInt(bytes.length - from) + 1;
        boolean zeros = random.nextBoolean();
        for (int i = from; i < to; i++) {
          bytes[i] = zeros ? 0 : (byte) random.nextInt();
        }
      }
      return new Step(Kind.WRITE, write.file, write.offset, bytes, "");
    }

    private static byte[] with(byte[] before, List<Step> steps) {
      byte[] bytes = before;
      for (Step step : steps) {
        if (step.kind == Kind.TRUNCATE) {
          bytes = Arrays.copyOf(bytes, (int) step.offset);
        } else {
          int end = (int) step.offset + step.bytes.length;
          bytes = Arrays.copyOf(bytes, Math.max(bytes.length, end));
          System.arraycopy(step.bytes, 0, bytes, (int) step.offset, step.bytes.length);
        }
      }
      return bytes;
    }
  }

  private String name(Path file) {
    return folder.relativize(file).toString();
  }

  private void did(Kind kind, Path file, long offset, byte[] bytes, String to) {
    synchronized (steps) {
      steps.add(new Step(kind, name(file), offset, bytes, to));
    }
  }

  @Override
  public Appender append(Path file) throws IOException {
    boolean made = Files.notExists(file);
    if (made) {
      fault.before(Kind.CREATE, file);
    }
    FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (made) { // before the next line, which an interrupt stops
      did(Kind.CREATE, file, 0, new byte[0], "");
    }
    channel.position(channel.size());
    return new LossyAppender(file, channel);
  }

  @Override
  public void replace(Path file, byte[] content) throws IOException {
    fault.before(Kind.REPLACE, file);
    Files.write(file, content);
    did(Kind.REPLACE, file, 0, content, "");
  }

  @Override
  public void move(Path from, Path to) throws IOException {
    fault.before(Kind.MOVE, from);
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    did(Kind.MOVE, from, 0, new byte[0], name(to));
  }

  @Override
  public void delete(Path file) throws IOException {
    fault.before(Kind.DELETE, file);
    if (Files.deleteIfExists(file)) {
      did(Kind.DELETE, file, 0, new byte[0], "");
    }
  }

  private final class LossyAppender implements Appender {
    private final Path file;
    private final FileChannel channel;
    private boolean closed;

    LossyAppender(Path file, FileChannel channel) {
      this.file = file;
      this.channel = channel;
      open.incrementAndGet();
    }

    @Override
    public long size() throws IOException {
      return channel.size();
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      try {
        fault.before(Kind.WRITE, file);
      } catch (IOException failure) {
        writeAll(bytes.slice(bytes.position(), bytes.remaining() / 2));
        throw failure;
      }
      writeAll(bytes);
    }

    private void writeAll(ByteBuffer bytes) throws IOException {
      long offset = channel.position();
      byte[] copy = new byte[bytes.remaining()];
      bytes.duplicate().get(copy);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      did(Kind.WRITE, file, offset, copy, "");
    }

    @Override
    public void sync() throws IOException {
      try {
        fault.before(Kind.SYNC, file);
      } catch (IOException failure) {
        did(Kind.SYNC, file, FAILED, new byte[0], "");
        throw failure;
      }
      did(Kind.SYNC, file, 0, new byte[0], "");
    }

    @Override
    public void truncate(long size) throws IOException {
      fault.before(Kind.TRUNCATE, file);
      channel.truncate(size);
      did(Kind.TRUNCATE, file, size, new byte[0], "");
    }

    @Override
    public void close() throws IOException {
      if (!closed) {
        closed = true;
        open.decrementAndGet();
      }
      channel.close();
    }
  }
}

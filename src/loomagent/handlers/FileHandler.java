package loomagent.handlers;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import loomagent.Event;
import loomagent.EventHandler;
import loomagent.HandlerContext;

/**
 * Writes events to files: appends each as a line, or, if the path has {@code {id}}, makes a file of
 * its own of each in a hot folder. An event is delivered when it is on the disk. What events bring
 * into the path never leaves the folder before its first brace.
 */
@SuppressWarnings("try") // as EventHandler's
public final class FileHandler implements EventHandler {
  /** Files open at once: a few kinds of event are written in turns, days one after the other. */
  static final int OPEN = 16;

  private static final long SMALLEST = 1 << 10; // bytes until a rotation
  private static final int MOST_KEPT = 100_000;

  private final Clock clock;
  private final Map<Path, AppendedFile> open = new LinkedHashMap<>(16, 0.75f, true);
  private HandlerContext context;
  private PathTemplate path;
  private Folder folder;
  private Optional<Rotation> rotation;
  private HotFolder hot;

  /** Does nothing yet. */
  public FileHandler() {
    this(Clock.systemUTC());
  }

  /** With another clock, for a test. */
  FileHandler(Clock clock) {
    this.clock = clock;
  }

  @Override
  public void open(HandlerContext context) throws IOException {
    this.context = context;
    Settings settings = new Settings(context, "file");
    path = PathTemplate.read(settings, context);
    folder = new Folder(path.folder(), path.varies(), settings.flag("fsync", true));
    rotation = rotation(settings);
    settings.done();
    folder.check();
    hot = new HotFolder(folder, context.name());
  }

  private Optional<Rotation> rotation(Settings settings) {
    Optional<Long> size = settings.size("rotate.size", "100MB");
    int keep = settings.number("rotate.keep", MOST_KEPT, 0, MOST_KEPT);
    if (size.isPresent() && path.anEventEach()) {
      settings.problem("rotate.size has no meaning where path has {id}. Take one of them out");
    }
    if (size.isPresent() && size.get() < SMALLEST) {
      settings.problem("rotate.size is less than 1KB. Raise it");
    }
    if (size.isEmpty() && settings.text("rotate.keep").isPresent()) {
      settings.problem("rotate.keep has no meaning without rotate.size. Set that as well");
    }
    return size.map(bytes -> new Rotation(bytes, keep, clock));
  }

  @Override
  public void handle(Event event) throws IOException, InterruptedException {
    Path file = path.of(event, clock);
    try {
      if (path.anEventEach()) {
        byte[] json = new byte[event.size()];
        event.utf8().get(json);
        hot.write(file, json);
      } else {
        byte[] line = new byte[event.size() + 1];
        LogHandler.putLine(event, line);
        file(file).append(line);
      }
    } catch (ClosedByInterruptException interrupted) {
      throw interrupted;
    } catch (IOException failure) {
      throw Folder.fault(file, failure);
    }
  }

  private AppendedFile file(Path file) throws IOException {
    AppendedFile known = open.get(file);
    if (known == null) {
      if (open.size() == OPEN) {
        Iterator<AppendedFile> longestUnused = open.values().iterator();
        longestUnused.next().close();
        longestUnused.remove();
      }
      known = new AppendedFile(file, folder, rotation, context.logger());
      open.put(file, known);
    }
    return known;
  }

  @Override
  public void close() throws IOException {
    for (AppendedFile file : open.values()) {
      file.close();
    }
    open.clear();
  }
}

package loomagent.whole;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import loomagent.delivery.DeadLetters;
import loomagent.schedule.Play;
import loomagent.schedule.Schedule;

/**
 * Some lives of an agent in bad weather, each ended in some way at some step; then the weather
 * clears and all must be well: subscribed, every event delivered or dead, a fresh one passing, a
 * stop in order.
 */
public final class Story implements Play {
  /** What a test sees happen in enough of them. */
  static final List<String> ALL_THAT_HAPPENS =
      List.of(
          "killed",
          "power cut",
          "stopped",
          "slept",
          "clock jumped",
          "handler threw",
          "handler hung",
          "handler was deaf",
          "handler interrupted all",
          "well in the end");

  private static final long MOST_STEPS = 1_000_000;
  private static final int FRESH = 6;
  private static final List<String> SECRETS =
      List.of(Hub.FIXED, Hub.FIRST, "event-password", "refresh-");

  private World world;
  private Schedule schedule;
  private Path folder;
  private boolean oauth;
  private boolean standby;
  private int lives;
  private Life process;

  /** Called by name: {@link Play}. */
  public Story() {}

  @Override
  public Outcome play(long seed, Path into) throws InterruptedException {
    folder = into;
    int[] switches = {2, 50, 500, 3_000};
    schedule = new Schedule(seed, switches[(int) (seed & 3)], MOST_STEPS);
    schedule.run(this::whole);
    Optional<String> failure = schedule.failure().map(words -> words + context());
    String story = String.join("\n", world.log.lines()) + "\n" + failure.orElse("All is well.");
    return new Outcome(
        seed, schedule.steps(), schedule.trace(), failure, world.ledger.counts(), story);
  }

  private String context() {
    return "\nweather: "
        + world.weather
        + ", oauth "
        + oauth
        + ", standby "
        + standby
        + "\n  "
        + world.log.last();
  }

  private void whole() {
    try {
      world = new World(schedule);
      world.begin();
      oauth = world.random.nextBoolean();
      standby = world.random.nextInt(4) == 0;
      world.mount(new PlainDisk(world, Files.createDirectory(folder.resolve("0"))));
      int more = world.random.nextInt(4);
      startAgain();
      for (int i = 0; i <= more && healthy(); i++) {
        live();
        end(i == more);
      }
      if (healthy()) {
        recover();
      }
      if (process != null) {
        finish();
      }
    } catch (Exception failure) {
      schedule.fail("the world failed: " + failure);
    }
  }

  private boolean healthy() {
    return schedule.failure().isEmpty();
  }

  /** A while of events and mishaps, to some step or some time. */
  private void live() {
    long end = schedule.nanos() + 2 * World.SECOND + world.upTo(120 * World.SECOND);
    if (world.random.nextBoolean()) {
      schedule.alarmAfter(world.random.nextInt(30_000));
    }
    while (healthy() && !schedule.alarmed() && schedule.nanos() < end) {
      happens();
      long next = schedule.nanos() + world.upTo(world.random.nextInt(6) * World.SECOND);
      schedule.await(() -> schedule.alarmed() || !healthy(), Math.min(next, end));
      if (process.hasEnded()) {
        world.log.tell("ended by itself: " + process);
        wait(() -> false, 5 * World.SECOND);
        bury();
        startAgain();
      }
    }
    schedule.forgetAlarm();
  }

  private void happens() {
    for (int i = world.random.nextInt(4); i > 0; i--) {
      world.loom.publish();
    }
    switch (world.random.nextInt(60)) {
      case 0 -> jump(world.upTo(3600 * World.SECOND));
      case 1 -> jump(-world.upTo(600 * World.SECOND));
      case 2 -> {
        world.ledger.count("slept");
        world.loom.hangUp();
        jump(world.upTo(8 * 3600 * World.SECOND)); // the machine's own clock stands still meanwhile
      }
      default -> {}
    }
  }

  private void jump(long by) {
    world.ledger.count("clock jumped");
    world.log.tell("the clock jumps by " + by / World.SECOND + " s");
    schedule.jump(by);
  }

  private void wait(BooleanSupplier until, long nanos) {
    schedule.await(() -> until.getAsBoolean() || !healthy(), schedule.nanos() + nanos);
  }

  private void startAgain() {
    try {
      lives++;
      process = new Life(world, lives, oauth, standby);
      world.log.tell("life " + lives + " begins");
      process.start();
    } catch (Exception wrong) {
      throw new IllegalStateException(wrong);
    }
  }

  private void end(boolean last) throws IOException {
    int how = last ? 3 : world.random.nextInt(4);
    switch (how) {
      case 0 -> {
        world.log.tell("killed");
        world.ledger.count("killed");
        bury();
        startAgain();
      }
      case 1 -> {
        world.log.tell("power cut");
        world.ledger.count("power cut");
        bury();
        world.ledger.powerCut();
        Path next = Files.createDirectory(folder.resolve(String.valueOf(lives)));
        world.mount(world.mounted().afterPowerCut(next));
        startAgain();
      }
      case 2 -> {
        stop();
        bury();
        startAgain();
      }
      default -> {} // it lives on
    }
  }

  /** Asks it to stop, as systemd does, and kills it if it does not. */
  private void stop() {
    world.log.tell("told to stop");
    world.ledger.count("stopped");
    process.stop();
    wait(process::hasEnded, 60 * World.SECOND);
    world.check(process.hasEnded(), "it did not stop within a minute" + schedule.describe());
    if (process.hasEnded()) {
      world.ledger.endedInOrder();
    }
  }

  private void bury() {
    try {
      process.kill();
      world.ledger.processEnded();
    } catch (IOException failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** The weather clears. */
  private void recover() throws IOException {
    world.weather.clear();
    world.log.tell("the weather clears");
    for (int i = 0; i < 4 * 3600 && healthy() && !isWell(); i++) {
      wait(() -> false, World.SECOND);
      if (process.hasEnded()) {
        bury();
        startAgain();
      }
    }
    world.check(isWell(), "it did not recover: " + process + ", missing " + missing());
    for (int i = 0; i < FRESH && healthy(); i++) {
      fresh();
    }
    world.check(!process.isLive() || process.faults().isEmpty(), "faults: " + process.faults());
  }

  /** Some at once, so that one comes just when a handler has had enough of the other. */
  private void fresh() throws IOException {
    for (int i = world.random.nextInt(3); i >= 0; i--) {
      world.loom.publish();
    }
    for (int i = 0; i < 120 && healthy() && !missing().isEmpty(); i++) {
      wait(() -> false, World.SECOND);
    }
    world.check(missing().isEmpty(), "a fresh event does not pass: " + missing());
  }

  private boolean isWell() throws IOException {
    return process.isLive() && missing().isEmpty();
  }

  private List<String> missing() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Shop.Counter handler : Shop.ALL) {
      Set<String> dead = new HashSet<>();
      Path letters = world.mounted().folder().resolve("dead/" + handler.name() + ".ndjson");
      DeadLetters.read(
          letters,
          letter -> {
            dead.add(letter.event().id());
            return true;
          });
      for (String id : world.ledger.missing(handler, dead)) {
        missing.add(handler.name() + " " + id);
      }
    }
    return missing;
  }

  private void finish() {
    if (healthy()) {
      stop();
    }
    bury();
    for (String line : world.log.lines()) {
      for (String secret : SECRETS) {
        world.check(!line.contains(secret), "a secret was logged: " + line);
      }
    }
    if (healthy()) {
      world.ledger.count("well in the end");
    }
  }
}

package loomagent.whole;

import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import loomagent.agent.Agent;
import loomagent.agent.DataFolder;
import loomagent.agent.Plan;
import loomagent.cable.Subscription;
import loomagent.config.Configuration;
import loomagent.config.ConfigurationException;
import loomagent.config.HandlerSettings;
import loomagent.config.Source;
import loomagent.net.Network;
import loomagent.plugin.HandlerType;
import loomagent.schedule.Fiber;
import loomagent.schedule.Schedule;

/** One run of the agent, from its start to its end or its death. */
final class Life {
  private final World world;
  private final int life;
  private final Configuration configuration;
  private DataFolder folder;
  private Agent agent;
  private Subscription.State state = Subscription.State.DOWN;
  private boolean stop;
  private boolean ended;
  private String words = "";

  Life(World world, int life, boolean oauth, boolean standby) throws ConfigurationException {
    this.world = world;
    this.life = life;
    this.configuration = configuration(oauth, standby);
  }

  private Configuration configuration(boolean oauth, boolean standby)
      throws ConfigurationException {
    Path data = world.mounted().folder();
    List<String> sets =
        new ArrayList<>(
            List.of(
                "loom.url=ws://127.0.0.1:1/websocket",
                "loom.api=http://127.0.0.1:2",
                "hub.url=http://127.0.0.1:3",
                "events=" + String.join(",", Loom.NAMES),
                "organization=" + Loom.ORGANIZATION,
                "backfill.app=shop",
                "backfill.password=event-password",
                "backfill.since=" + Instant.ofEpochSecond(Hub.EPOCH / World.SECOND - 3600),
                "backfill.margin=10s",
                "reconnect.longest=20s",
                "standby=" + standby,
                "data.dir=" + data));
    sets.addAll(
        oauth
            ? List.of("oauth.client-id=shop", "oauth.refresh-token=" + Hub.FIRST)
            : List.of("token=" + Hub.FIXED));
    for (Shop.Counter counter : Shop.ALL) {
      String prefix = "handler." + counter.name() + ".";
      sets.add(prefix + "type=simulated");
      sets.add(prefix + "start=oldest");
      sets.add(prefix + "retry.longest=5s");
      counter.settings().forEach((key, value) -> sets.add(prefix + key + "=" + value));
    }
    return Configuration.load(new Source(Optional.empty(), data.resolve("none"), sets, Map.of()));
  }

  private Plan plan() {
    List<Plan.Planned> planned = new ArrayList<>();
    for (Shop.Counter counter : Shop.ALL) {
      HandlerSettings settings =
          configuration.handlers().stream()
              .filter(each -> each.name().equals(counter.name()))
              .findFirst()
              .orElseThrow();
      ClassLoader loader = counter.type().getClassLoader();
      planned.add(
          new Plan.Planned(
              settings,
              new HandlerType("simulated", counter.type(), "class path", "", loader),
              configuration.folder()));
    }
    return new Plan(planned, List.of(), List.of());
  }

  void start() {
    forgetWatch();
    world.schedule.start(new Fiber(this::run, "main"), life);
  }

  private void run() {
    try {
      folder = DataFolder.hold(configuration.dataDir());
      agent =
          new Agent(
              configuration,
              plan(),
              Network.direct(world.log),
              folder,
              part -> world.log,
              next -> state = next);
      agent.start(() -> stop);
      world.schedule.await(() -> stop, Schedule.NEVER);
      agent.close();
      folder.close();
    } catch (IOException unusable) {
      words = unusable.getMessage();
    }
    ended = true;
  }

  /** What all handlers of a process share, of which each process has its own. */
  private static void forgetWatch() {
    try {
      Class<?> type = Class.forName("loomagent.delivery.Watch");
      Object shared = field(type, "SHARED").get(null);
      ((List<?>) field(type, "watched").get(shared)).clear();
      field(type, "thread").set(shared, null);
      field(type, "wakesAt").setLong(shared, 0);
    } catch (ReflectiveOperationException renamed) {
      throw new IllegalStateException(renamed);
    }
  }

  private static Field field(Class<?> type, String name) throws NoSuchFieldException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  boolean isLive() {
    return !ended && state == Subscription.State.LIVE && agent != null;
  }

  boolean hasEnded() {
    return ended;
  }

  void stop() {
    stop = true;
  }

  /** Kills what is left of it. */
  void kill() throws IOException {
    world.schedule.kill(life);
    world.loom.hangUp();
    if (folder != null) {
      folder.close(); // the system gives the lock back
    }
  }

  List<String> faults() {
    return agent.insight().faults();
  }

  @Override
  public String toString() {
    return state + " " + words;
  }
}

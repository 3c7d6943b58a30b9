package bench.json;

/** What the agent needs of a frame. */
record Found(String id, String name, String message) {}

package bench.json;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * The texts that are read: the event of Loom's documentation as it is sent, and an answer of its
 * pull API.
 */
final class Documents {
  static final String MESSAGE =
      """
      {"id":"bd6b9b7f-5ea2-4015-a07a-e3ba15d083cd","timestamp":"2023-07-23T22:04:46.000Z",\
      "name":"mission_control.job_added","version":"1.0",\
      "payload":{"_meta":{"actor":"Per/9e11ad29-7729-46a4-b8a3-937c64ff9cd5","sent":true},\
      "job_id":"9e11ad29-7729-46a4-b8a3-937c64ff9cd5"},\
      "link":"https://mc.sandbox.zaikio.com/api/v1/jobs/9e11ad29-7729-46a4-b8a3-937c64ff9cd5",\
      "received_at":"2023-07-23T22:04:46.474Z","subject":"Org/837ebb91-2d4b-4818-a19b-04fea7be8cde"}\
      """;

  static final String FRAME =
      """
      {"identifier":"{\\"channel\\":\\"EventChannel\\",\
      \\"events\\":\\"mission_control.job_added,mission_control.job_changed\\"}",\
      "message":%s}\
      """
          .formatted(MESSAGE);

  static final byte[] FRAME_UTF8 = FRAME.getBytes(UTF_8);

  private Documents() {}

  /** A hundred kilobytes of events, with all that JSON has: numbers, escapes, umlauts, nothing. */
  static String large() {
    StringBuilder answer = new StringBuilder("[");
    for (int event = 0; answer.length() < 100_000; event++) {
      answer.append(event == 0 ? "" : ",");
      answer.append(
          """
          {"id":"bd6b9b7f-5ea2-4015-a07a-%012x","timestamp":"2023-07-23T22:04:46.000Z",\
          "name":"mission_control.job_updated","version":"1.0",\
          "payload":{"_meta":{"actor":"Per/9e11ad29-7729-46a4-b8a3-937c64ff9cd5","sent":true},\
          "number":%d,"title":"Flyer \\"Größe A%d\\", beidseitig","price":%d.%02d,"weight":1.5e-1,\
          "pages":[1,2,3,4],"deadline":null},\
          "link":"https://mc.sandbox.zaikio.com/api/v1/jobs/%d",\
          "subject":"Org/837ebb91-2d4b-4818-a19b-04fea7be8cde"}\
          """
              .formatted(event, event * 7919L, event % 7, event, event % 100, event));
    }
    return answer.append("]").toString();
  }
}

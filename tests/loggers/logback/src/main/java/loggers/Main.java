package loggers;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Says the same with every encoder of Logback, each behind a line that names it. */
public final class Main {
    private Main() {}

    private static void vector(String name) {
        System.out.println("\u001e" + name + " " + System.currentTimeMillis() + "000000");
    }

    public static void main(String[] arguments) {
        for (String encoder : new String[] {"pattern", "json", "logstash", "ecs"}) {
            Logger log = LoggerFactory.getLogger(encoder);
            vector("logback-" + encoder + "-info");
            log.info("order {} was taken", 7);
            vector("logback-" + encoder + "-fields");
            try (var request = MDC.putCloseable("requestId", "not-ours")) {
                log.atWarn().addKeyValue("order", 7).log("low stock");
            }
            vector("logback-" + encoder + "-exception");
            log.error("order failed", new IllegalStateException("no order 7"));
        }
    }
}

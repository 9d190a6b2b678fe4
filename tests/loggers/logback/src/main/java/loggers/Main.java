package loggers;

import static net.logstash.logback.argument.StructuredArguments.kv;

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
            vector("logback-" + encoder + "-argument");
            log.info("took {}", kv("order", 7));
            vector("logback-" + encoder + "-traced");
            // As OpenTelemetry's agent for Java puts them there, and AWS's log4j2 its request.
            MDC.put("trace_id", "0af7651916cd43dd8448eb211c80319c");
            MDC.put("span_id", "b7ad6b7169203331");
            MDC.put("trace_flags", "01");
            MDC.put("AWSRequestId", "8286a188-ba32-4475-8077-530cd35c09a9");
            log.info("order taken");
            MDC.clear();
            vector("logback-" + encoder + "-exception");
            log.error("order failed", new IllegalStateException("no order 7"));
        }
    }
}

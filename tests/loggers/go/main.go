// Says the same with every logger of Go's, each behind a line that names it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"

	"github.com/rs/zerolog"
	"github.com/sirupsen/logrus"
	"go.uber.org/zap"
)

const (
	trace = "0af7651916cd43dd8448eb211c80319c"
	span  = "b7ad6b7169203331"
)

var failure = errors.New("no order 7")

func vector(name string) {
	fmt.Fprintf(os.Stdout, "\x1e%s %d\n", name, time.Now().UnixNano())
}

func standard() {
	vector("go-log")
	log.Print("order 7 was taken")
	log.SetFlags(log.Flags() | log.Lmicroseconds | log.LUTC)
	vector("go-log-microseconds")
	log.Print("order 7 was taken")
	vector("go-slog-default")
	slog.Warn("low stock", "order", 7)
	text := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{Level: slog.Level(-8)}))
	vector("go-slog-text")
	text.Info("order \"7\" was taken", "order", 7, "paid", true, "name", "a b", "at", "C:\\x")
	vector("go-slog-text-level")
	text.Log(context.Background(), slog.LevelInfo+2, "between")
	json := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: slog.Level(-8)}))
	vector("go-slog-json")
	json.Info("order taken", "order", 7, "trace_id", trace, "span_id", span)
	vector("go-slog-json-error")
	json.Error("order failed", "err", failure, slog.Group("order", "n", 7))
	vector("go-slog-json-level")
	json.Log(context.Background(), slog.Level(-8), "looking")
}

func zaps() {
	production := zap.NewProductionConfig()
	production.OutputPaths = []string{"stdout"}
	z := zap.Must(production.Build())
	vector("zap-info")
	z.Info("order taken", zap.Int("order", 7), zap.String("traceId", trace), zap.String("spanId", span))
	vector("zap-error")
	z.Error("order failed", zap.Error(failure))
	vector("zap-dpanic")
	z.DPanic("should not be")
	development := zap.NewDevelopmentConfig()
	development.OutputPaths = []string{"stdout"}
	d := zap.Must(development.Build())
	vector("zap-development")
	d.Info("order taken", zap.Int("order", 7))
}

func others() {
	z := zerolog.New(os.Stdout).With().Timestamp().Logger()
	vector("zerolog-info")
	z.Info().Int("order", 7).Msg("order taken")
	vector("zerolog-error")
	z.Error().Err(failure).Msg("order failed")
	l := logrus.New()
	l.SetOutput(os.Stdout)
	vector("logrus-text")
	l.WithField("order", 7).Warn("low stock")
	l.SetFormatter(&logrus.JSONFormatter{})
	vector("logrus-json")
	l.WithError(failure).Error("order failed")
}

func main() {
	log.SetOutput(os.Stdout)
	standard()
	zaps()
	others()
}

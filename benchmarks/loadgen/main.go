// SPDX-License-Identifier: Apache-2.0

// Loadgen produces or consumes a fixed number of records as fast as one franz-go client can, and prints one line of JSON
// with what it measured. A second broker measured with the same flags in the same run compares with the first.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// result is what one run measured; latencies are from handing a record to the client until its acknowledgement.
type result struct {
	Mode       string  `json:"mode"`
	Records    int64   `json:"records"`
	Bytes      int64   `json:"bytes"`
	Seconds    float64 `json:"seconds"`
	MBPerSec   float64 `json:"mb_per_second"`
	RecsPerSec float64 `json:"records_per_second"`
	P50Millis  float64 `json:"p50_ms,omitempty"`
	P99Millis  float64 `json:"p99_ms,omitempty"`
}

type options struct {
	brokers    string
	topic      string
	partitions int
	records    int64
	size       int
	rate       int
	linger     time.Duration
	timeout    time.Duration
}

func main() {
	var o options
	mode := flag.String("mode", "produce", "create, produce or consume")
	flag.StringVar(&o.brokers, "brokers", "127.0.0.1:9092", "bootstrap address")
	flag.StringVar(&o.topic, "topic", "load", "topic")
	flag.IntVar(&o.partitions, "partitions", 12, "partitions of a topic that is created")
	flag.Int64Var(&o.records, "records", 1_000_000, "records to produce or to consume")
	flag.IntVar(&o.size, "size", 1024, "bytes of a record's value")
	flag.IntVar(&o.rate, "rate", 0, "records a second, 0 for as fast as possible")
	flag.DurationVar(&o.linger, "linger", 0, "how long the producer waits for a batch to fill")
	flag.DurationVar(&o.timeout, "timeout", 5*time.Minute, "give up after so long")
	flag.Parse()

	ctx, cancel := context.WithTimeout(context.Background(), o.timeout)
	defer cancel()
	if err := run(ctx, *mode, o); err != nil {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, mode string, o options) error {
	switch mode {
	case "create":
		return create(ctx, o)
	case "produce":
		return report(produce(ctx, o))
	case "consume":
		return report(consume(ctx, o))
	default:
		return fmt.Errorf("mode %q: create, produce and consume are allowed", mode)
	}
}

func report(r result, err error) error {
	if err != nil {
		return err
	}
	r.MBPerSec = float64(r.Bytes) / 1e6 / r.Seconds
	r.RecsPerSec = float64(r.Records) / r.Seconds
	return json.NewEncoder(os.Stdout).Encode(r)
}

func create(ctx context.Context, o options) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(o.brokers))
	if err != nil {
		return err
	}
	defer client.Close()
	answer, err := kadm.NewClient(client).CreateTopic(ctx, int32(o.partitions), 1, nil, o.topic)
	if err == nil {
		err = answer.Err
	}
	if errors.Is(err, kerr.TopicAlreadyExists) {
		return nil
	}
	return err
}

// produce sends records with values that do not compress, by the client's default settings but for the compression,
// which is off so that bytes on the wire and bytes counted agree.
func produce(ctx context.Context, o options) (result, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(o.brokers),
		kgo.DefaultProduceTopic(o.topic),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(o.linger),
		kgo.MaxBufferedRecords(20_000),
	)
	if err != nil {
		return result{}, err
	}
	defer client.Close()

	values := randomValues(o.size)
	latencies := newSampler(o.records)
	var failure atomic.Pointer[error]
	var waiting sync.WaitGroup
	start := time.Now()
	for i := int64(0); i < o.records && ctx.Err() == nil && failure.Load() == nil; i++ {
		pace(start, i, o.rate)
		key := binary.BigEndian.AppendUint64(nil, uint64(i))
		sent := time.Now()
		waiting.Add(1)
		client.Produce(ctx, &kgo.Record{Key: key, Value: values[i%int64(len(values))]}, func(_ *kgo.Record, err error) {
			defer waiting.Done()
			if err != nil {
				failure.CompareAndSwap(nil, &err)
				return
			}
			latencies.add(time.Since(sent))
		})
	}
	waiting.Wait()
	elapsed := time.Since(start).Seconds()
	if err := failure.Load(); err != nil {
		return result{}, *err
	}
	if ctx.Err() != nil {
		return result{}, ctx.Err()
	}
	r := result{Mode: "produce", Records: o.records, Bytes: o.records * int64(o.size), Seconds: elapsed}
	r.P50Millis, r.P99Millis = latencies.percentile(0.50), latencies.percentile(0.99)
	return r, nil
}

func pace(start time.Time, sent int64, rate int) {
	if rate <= 0 {
		return
	}
	if ahead := time.Duration(sent)*time.Second/time.Duration(rate) - time.Since(start); ahead > time.Millisecond {
		time.Sleep(ahead)
	}
}

func randomValues(size int) [][]byte {
	source := rand.NewChaCha8([32]byte{1})
	values := make([][]byte, 64)
	for i := range values {
		values[i] = make([]byte, size)
		_, _ = source.Read(values[i])
	}
	return values
}

func consume(ctx context.Context, o options) (result, error) {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(o.brokers),
		kgo.ConsumeTopics(o.topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	if err != nil {
		return result{}, err
	}
	defer client.Close()

	r := result{Mode: "consume"}
	start := time.Now()
	for r.Records < o.records {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return result{}, fmt.Errorf("%d of %d records read: %w", r.Records, o.records, ctx.Err())
		}
		if errs := fetches.Errors(); len(errs) > 0 {
			return result{}, errs[0].Err
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			r.Records++
			r.Bytes += int64(len(rec.Value))
		})
	}
	r.Seconds = time.Since(start).Seconds()
	return r, nil
}

// sampler keeps every latency up to a million of them.
type sampler struct {
	mu     sync.Mutex
	values []float64
}

func newSampler(expected int64) *sampler {
	return &sampler{values: make([]float64, 0, min(expected, 1_000_000))}
}

func (s *sampler) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) < cap(s.values) {
		s.values = append(s.values, float64(d.Microseconds())/1000)
	}
}

func (s *sampler) percentile(q float64) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.values) == 0 {
		return 0
	}
	sort.Float64s(s.values)
	return s.values[int(q*float64(len(s.values)-1))]
}

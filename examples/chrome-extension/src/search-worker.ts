// esbuild has to be told of the worker.
import "pagevec/worker";

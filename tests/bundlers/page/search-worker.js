// For bundlers that have to be told of the worker.
import "pagevec/worker";

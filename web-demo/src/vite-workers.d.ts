/** Vite makes a worker of a module that is imported so. */
declare module "*?worker" {
  const WorkerOf: new () => Worker;
  export default WorkerOf;
}

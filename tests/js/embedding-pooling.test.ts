import { expect, test } from "@jest/globals";
import { normalize, pool } from "../../js/src/embedding/pooling.js";

test("mean pooling is the mean of the tokens", () => {
  const out = new Float32Array(2);
  pool(Float32Array.of(1, 2, 3, 4, 8, 0), 3, "mean", out);
  expect([...out]).toEqual([4, 2]);
});

test("the mean leaves tokens at the beginning out; without any left it is zero", () => {
  const out = new Float32Array(2);
  const hidden = Float32Array.of(1, 2, 3, 4, 8, 0);
  pool(hidden, 3, "mean", out, 1);
  expect([...out]).toEqual([5.5, 2]);
  pool(hidden, 3, "mean", out, 3);
  expect([...out]).toEqual([0, 0]);
  pool(hidden, 3, "cls", out, 1);
  expect([...out]).toEqual([1, 2]);
});

test("cls pooling is the first token", () => {
  const out = new Float32Array(2);
  pool(Float32Array.of(1, 2, 3, 4), 2, "cls", out);
  expect([...out]).toEqual([1, 2]);
});

test("a normalized vector has length 1 and its direction; zero stays zero", () => {
  const vector = Float32Array.of(3, -4);
  normalize(vector);
  expect(vector[0]).toBeCloseTo(0.6, 6);
  expect(vector[1]).toBeCloseTo(-0.8, 6);
  const zero = new Float32Array(2);
  normalize(zero);
  expect([...zero]).toEqual([0, 0]);
});

/** What Jest puts into every test file's scope. */
declare const afterAll: typeof import("@jest/globals").afterAll;
declare const afterEach: typeof import("@jest/globals").afterEach;
declare const beforeAll: typeof import("@jest/globals").beforeAll;
declare const beforeEach: typeof import("@jest/globals").beforeEach;
declare const describe: typeof import("@jest/globals").describe;
declare const expect: typeof import("@jest/globals").expect;
declare const test: typeof import("@jest/globals").test;

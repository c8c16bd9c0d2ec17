/** Every contract suite, case by case, in a page: real IndexedDB, real Cache API. */
export async function contracts(test, environment) {
  const page = await environment.openPage();
  const names = await page.evaluate(() => window.contractNames());
  for (const [suite, cases] of Object.entries(names)) {
    for (const name of cases) {
      await test(`${suite}: ${name}`, () =>
        page.evaluate(([s, n]) => window.runContract(s, n), [suite, name]));
    }
  }
  await page.close();
}

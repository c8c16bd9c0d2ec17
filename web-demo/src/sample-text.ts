/** A text to try the page with: a household's notes. */
export const SAMPLE_TEXT = `Before breakfast, open the windows for ten minutes, feed the hens and bring in the newspaper. The kettle has to be descaled on the first of each month.

The heating is set to 17 degrees at night. Turning it down by one more degree saves about six per cent of the bill, and nobody has noticed so far.

The neighbour's cat comes in through the cellar. It is friendly but must not get fish, because it is ill afterwards.

Bread: 500 g of flour, 350 g of water, 10 g of salt, a little yeast. Let it rest overnight in the fridge, bake it for 45 minutes in a closed pot.

If the power fails, the fuses are behind the coats in the hall. The torch hangs on the same hook; its batteries are changed every autumn.

The train to town leaves at seven minutes past the hour. Buy the ticket for ten rides, it is a third cheaper, and sit on the left for the view of the lake.

The apple tree by the gate is pruned in February. Put the ladder on firm ground and never work alone.`;

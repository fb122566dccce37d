/** What the first start asks: a text that can be read in a minute and a summary that a person can judge. */
export const SAMPLE_PROMPT = `Summarise in two sentences: A loom holds hundreds of threads under tension while one more \
is passed between them, row after row, until they carry each other. No single thread is strong, and any one of them \
may snap without the cloth coming apart. In 1804 Joseph Marie Jacquard built a loom that read its pattern from 10,000 \
punched cards, and weavers in Lyon feared for their work. Charles Babbage bought a portrait woven that way and took \
the cards over for his Analytical Engine, so the first design of a computer borrowed its memory from cloth. A \
peer-to-peer network is woven in the same manner. Its machines hold each other by what they have signed, several of \
them answer the same question, and an answer counts when independent ones agree. A machine that lies is a thread of \
another colour: it is seen at once, it is left out of the cloth, and it isn't paid.`

/** What the numbers of a token stand for, in the network's order. */
export const emotions = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;

/** Height and width of the network's input, pixels. */
export const side = 64;

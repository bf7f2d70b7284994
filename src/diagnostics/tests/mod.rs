mod collapse;
mod curvature;
mod density;
mod weights;
